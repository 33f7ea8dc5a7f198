import type { ContainerOperation } from './containerOperations.ts';
import type { OperationSequence } from './operationSequence.ts';
import { capability } from './overlayLayers.ts';
import type { TarEntrySpec } from './tarBytes.ts';

/** What is done for each kind of change to a folder that holds {@link filesOfKind}; paths are relative to it. */
export const kindsOfChange: Readonly<Record<string, readonly ContainerOperation[]>> = {
  'other content of another length': [write('file', 'longer than before')],
  'other content of the same length': [write('file', 'FILE')],
  'other content of the same length and time': [write('file', 'FILE'), touch('file', '1600000000.250000000')],
  'the same content': [write('file', 'file')],
  'the same content and time': [write('file', 'file'), touch('file', '1600000000.250000000')],
  'appended to': [{ do: 'append', path: 'file', text: '!' }],
  'opened for nothing': [{ do: 'append', path: 'file', text: '' }],
  'written in the middle': [{ do: 'write', path: 'file', offset: 1, text: 'x' }],
  'written beyond the end': [{ do: 'write', path: 'file', offset: 9, text: 'x' }],
  emptied: [{ do: 'truncate', path: 'file', size: 0 }],
  'cut short': [{ do: 'truncate', path: 'file', size: 2 }],
  'made longer': [{ do: 'truncate', path: 'file', size: 8 }],
  'truncated to what it is': [{ do: 'truncate', path: 'file', size: 4 }],
  'written through a link': [write('link', 'through')],
  'made new': [write('new', 'new')],
  'made new and empty': [write('new', '')],
  'made and removed': [write('new', 'new'), remove('new')],
  removed: [remove('file')],
  'removed and made again': [remove('file'), write('file', 'file')],
  'removed and made again with its time': [
    remove('file'),
    write('file', 'file'),
    touch('file', '1600000000'),
  ],
  'mode of a file': [chmod('file', 0o600)],
  'mode of a file and back': [chmod('file', 0o600), chmod('file', 0o644)],
  'mode of a folder': [chmod('folder', 0o700)],
  'set-user-ID': [chmod('file', 0o4755)],
  'sticky folder': [chmod('folder', 0o1777)],
  'owner of a file': [chown('file', 1000)],
  'owner of a folder': [chown('folder', 1000)],
  'owner of a link': [chown('link', 1000, true)],
  'owner of what a link leads to': [chown('link', 1000)],
  'owner of a set-user-ID program': [chown('setuid', 1000)],
  'the same owner of a set-user-ID program': [chown('setuid', 0)],
  'owner of a program with capabilities': [chown('able', 1000)],
  'time of a file': [touch('file', '7')],
  'time of a file, in its second': [touch('file', '1600000000.500000000')],
  'time of a file, in its second without its part': [touch('file', '1600000000')],
  'time of a folder': [touch('folder', '7')],
  'time of a link': [{ do: 'utimes', path: 'link', mtime: '7', isLink: true }],
  'time of a device': [touch('null', '7')],
  'time of a block device': [touch('disk', '7')],
  renamed: [rename('file', 'renamed')],
  'renamed over another': [rename('file', 'setuid')],
  'renamed into another folder': [rename('file', 'folder/file')],
  'renamed there and back': [rename('file', 'renamed'), rename('renamed', 'file')],
  'a folder renamed': [rename('folder', 'renamed')],
  'a folder renamed over an empty one': [rename('folder', 'empty')],
  'a new folder renamed': [mkdir('new'), write('new/file', 'x'), rename('new', 'renamed')],
  'a folder renamed there and back': [rename('folder', 'renamed'), rename('renamed', 'folder')],
  'a hard link to a file of the image': [{ do: 'link', path: 'file', to: 'linked' }],
  'a hard link to a new file': [write('new', ''), { do: 'link', path: 'new', to: 'linked' }],
  'one of two names written': [{ do: 'append', path: 'one', text: '!' }],
  'one of two names removed': [remove('one')],
  'one of two names renamed over the other': [rename('one', 'two')],
  'a new link': [{ do: 'symlink', path: 'new', target: 'file' }],
  'a link elsewhere, as long': [remove('link'), { do: 'symlink', path: 'link', target: 'null' }],
  'a link elsewhere': [remove('link'), { do: 'symlink', path: 'link', target: 'folder' }],
  'a file became a folder': [remove('file'), mkdir('file'), write('file/inside', '')],
  'a folder became a file': [remove('folder'), write('folder', '')],
  'a link became a folder': [remove('toFolder'), mkdir('toFolder'), write('toFolder/a', '')],
  'a link became a file': [remove('link'), write('link', 'file')],
  'a file became a link': [remove('file'), { do: 'symlink', path: 'file', target: 'setuid' }],
  'a file became a pipe': [remove('file'), { do: 'makeNode', path: 'file', node: 'fifo' }],
  'a folder became a block device': [remove('folder'), { do: 'makeNode', path: 'folder', node: 'block' }],
  'a device became another': [remove('null'), { do: 'makeNode', path: 'null', node: 'block' }],
  'a folder removed': [remove('folder')],
  'an empty folder removed': [{ do: 'rmdir', path: 'empty' }],
  'a folder emptied': [remove('folder/a'), remove('folder/deep')],
  'a folder made again, empty': [remove('folder'), mkdir('folder')],
  'a folder made again, with a file of the same name': [
    ...[remove('folder'), mkdir('folder'), write('folder/a', 'a')],
    touch('folder/a', '1600000000.250000000'),
  ],
  'a folder made again, with a folder of the same name': [
    ...[remove('folder'), mkdir('folder'), mkdir('folder/deep')],
  ],
  'a new folder': [mkdir('new')],
  'new folders in one another': [mkdir('new'), mkdir('new/er'), write('new/er/file', '')],
  'deep in a folder': [write('folder/deep/b', 'other')],
  'an attribute of a person': [{ do: 'setXattr', path: 'file', name: 'user.a', value: '1' }],
  'an attribute of a folder': [{ do: 'setXattr', path: 'folder', name: 'user.a', value: '1' }],
  'capabilities given': [{ do: 'setXattr', path: 'file', name: 'security.capability', value: capability }],
  'capabilities lost by a write': [{ do: 'append', path: 'able', text: '' }, write('able', 'able')],
  'a new device': [{ do: 'makeNode', path: 'new', node: 'char' }],
  'a new pipe': [{ do: 'makeNode', path: 'new', node: 'fifo' }],
  'odd names': ['a b', '-rf', '.hidden', '__proto__', 'caf\xc3\xa9', '$(x)', 'x'.repeat(255)].map((name) =>
    write(name, ''),
  ),
  'a name that looks like a removal': [write('wh.file', '')],
};

const filesOfKind: readonly TarEntrySpec[] = [
  { name: '', type: 'dir' },
  { name: 'able', content: 'able', mode: 0o755, xattrs: { 'security.capability': capability } },
  { name: 'disk', type: 'block', dev: [7, 1] },
  { name: 'empty', type: 'dir' },
  { name: 'file', content: 'file' },
  { name: 'folder', type: 'dir' },
  { name: 'folder/a', content: 'a' },
  { name: 'folder/deep', type: 'dir' },
  { name: 'folder/deep/b', content: 'b' },
  { name: 'link', type: 'symlink', link: 'file' },
  { name: 'null', type: 'char', dev: [1, 3] },
  { name: 'one', content: 'linked' },
  { name: 'two', type: 'hardlink', link: 'one' },
  { name: 'setuid', content: 'setuid', mode: 0o4755 },
  { name: 'toFolder', type: 'symlink', link: 'folder' },
];

/** Each kind in a folder of its own. */
export function sequencesOfKinds(): readonly OperationSequence[] {
  return Object.values(kindsOfChange).map((operations, at) => {
    const root = `kind${at}`;
    const files = filesOfKind.map((file) => ({
      mtime: '1600000000.250000000',
      ...file,
      name: file.name === '' ? root : `${root}/${file.name}`,
      ...(file.type === 'hardlink' && { link: `${root}/${file.link ?? ''}` }),
    }));
    const own = operations.map((operation) => ({
      ...operation,
      path: `/${root}/${operation.path}`,
      ...('to' in operation && { to: `/${root}/${operation.to}` }),
    }));
    return { seed: at, roots: [`/${root}`], layers: [files], operations: own };
  });
}

function write(path: string, text: string): ContainerOperation {
  return { do: 'writeFile', path, text };
}

function touch(path: string, mtime: string): ContainerOperation {
  return { do: 'utimes', path, mtime, isLink: false };
}

function remove(path: string): ContainerOperation {
  return { do: 'removeAll', path };
}

function mkdir(path: string): ContainerOperation {
  return { do: 'mkdir', path };
}

function rename(path: string, to: string): ContainerOperation {
  return { do: 'rename', path, to };
}

function chmod(path: string, mode: number): ContainerOperation {
  return { do: 'chmod', path, mode };
}

function chown(path: string, uid: number, isLink = false): ContainerOperation {
  return { do: 'chown', path, uid, gid: 0, isLink };
}
