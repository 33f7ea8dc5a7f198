import { readFileSync } from 'node:fs';
import { ensureBusybox } from '../../machine/busybox.mjs';
import { run } from '../../machine/processes.mjs';
import type { LayerLiteral } from '../buildImage.ts';

/** A whole system of one program, as the lowest layer of base images. */
export async function busyboxRoot(): Promise<LayerLiteral> {
  const program = await ensureBusybox();
  const applets = (await run(program, ['--list']))
    .split('\n')
    .filter((name) => name !== '' && name !== 'busybox');
  const directories = ['bin/', 'dev/', 'etc/', 'proc/', 'root/', 'run/', 'sys/', 'usr/', 'usr/bin/', 'var/'];
  return [
    ...directories.map((name) => ({ name, type: 'dir' as const })),
    ...['tmp/', 'var/tmp/'].map((name) => ({ name, type: 'dir' as const, mode: 0o1777 })),
    { name: 'bin/busybox', content: readFileSync(program), mode: 0o755 },
    ...applets.map((name) => ({ name: `bin/${name}`, type: 'symlink' as const, link: 'busybox' })),
    { name: 'etc/passwd', content: passwd },
    { name: 'etc/group', content: 'root:x:0:\napp:x:1000:\nweb:x:1001:\n' },
  ];
}

const passwd = [
  'root:x:0:0:root:/root:/bin/sh',
  'app:x:1000:1000::/home/app:/bin/sh',
  'web:x:1001:1001::/:/bin/sh',
  '',
].join('\n');
