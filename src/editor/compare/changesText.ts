import type { ChangeKind, LayerChange } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { entryDescription, isChangeItself } from '../entryText.ts';
import type { OpenedImage } from '../openedImages.ts';
import { countText, imageTitle, layerTitle, nameText } from '../text.ts';

const letters: Record<ChangeKind, string> = { added: 'A', modified: 'M', removed: 'D' };

/** Everything a layer changes, one path a line: how, what it is, where. */
export async function changesText(
  { engine }: EditorContext,
  { image }: OpenedImage,
  layer: number,
): Promise<string> {
  const changes = await engine.allChanges(image, layer, { priority: 'seen' });
  const own = changes.filter(isChangeItself);
  const width = Math.max(0, ...own.map((change) => sizeCell(change).length));
  const lines = own.map(
    (change) => `${letters[change.kind]}  ${sizeCell(change).padStart(width)}  ${pathCell(change)}`,
  );
  const heading = [
    `# ${imageTitle(image)} ${layer}: ${layerTitle(image, layer)}`,
    `# ${countText(own.length)}`,
    '',
  ];
  return [...heading, ...lines, ''].join('\n');
}

function sizeCell({ entry }: LayerChange): string {
  return entry?.type === 'file' ? entryDescription(entry) : '';
}

function pathCell({ path, entry, before }: LayerChange): string {
  const shown = entry ?? before;
  if (shown?.type === 'symlink' && entry !== undefined) return `${nameText(path)} ${entryDescription(entry)}`;
  return shown?.type === 'dir' ? `${nameText(path)}/` : nameText(path);
}
