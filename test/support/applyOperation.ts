import type { ByteName, LayerPath } from '../../src/engine/base/layerPath.ts';
import type { Piece } from '../../src/engine/snapshots/inode.ts';
import type { UpperLayer } from '../../src/engine/snapshots/upperLayer.ts';
import type { ContainerOperation } from './containerOperations.ts';

/**
 * Does an operation on a container's writable layer.
 *
 * @param pieces the bytes of a text, which the caller keeps.
 */
export function applyOperation(
  upper: UpperLayer,
  operation: ContainerOperation,
  pieces: (text: string) => readonly Piece[],
): void {
  const path = operation.path as LayerPath;
  switch (operation.do) {
    case 'writeFile':
      upper.writeFile(path, pieces(operation.text));
      return;
    case 'append':
      upper.append(path, pieces(operation.text));
      return;
    case 'write':
      upper.write(path, operation.offset, pieces(operation.text));
      return;
    case 'truncate':
      upper.truncate(path, operation.size);
      return;
    case 'symlink':
      upper.symlink(path, operation.target as ByteName);
      return;
    case 'makeNode':
      upper.makeNode(path, nodes[operation.node]);
      return;
    case 'link':
    case 'rename':
      upper[operation.do](path, operation.to as LayerPath);
      return;
    case 'chmod':
      upper.chmod(path, operation.mode);
      return;
    case 'chown':
      upper.chown(path, operation.uid, operation.gid, operation.isLink ? 'keep' : 'follow');
      return;
    case 'utimes':
      upper.utimes(path, operation.mtime, operation.isLink ? 'keep' : 'follow');
      return;
    case 'setXattr':
      upper.setXattr(path, operation.name as ByteName, operation.value as ByteName);
      return;
    case 'mkdir':
    case 'unlink':
    case 'rmdir':
    case 'removeAll':
      upper[operation.do](path);
  }
}

const nodes = {
  char: { type: 'char', device: { major: 1, minor: 3 } },
  block: { type: 'block', device: { major: 7, minor: 1 } },
  fifo: { type: 'fifo' },
} as const;
