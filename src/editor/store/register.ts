import type { CommandTable } from '../commands.ts';
import type { EditorContext } from '../context.ts';
import { clearIndexes, collectGarbage, showDiskUsage } from './diskUsage.ts';
import { importIntoStore } from './importImage.ts';
import { installCommand } from './installCommand.ts';
import { saveImage } from './saveImage.ts';
import { removeImages, tagImage } from './tagImage.ts';
import { verify } from './verify.ts';

/** What is kept: images in the store, archives saved from it, and the command line itself. */
export function registerStore(context: EditorContext): CommandTable {
  return {
    'lamina.importIntoStore': (...args) => importIntoStore(context, args),
    'lamina.tagImage': (...args) => tagImage(context, args),
    'lamina.removeImage': (...args) => removeImages(context, args),
    'lamina.saveImage': (...args) => saveImage(context, args),
    'lamina.verify': (...args) => verify(context, args),
    'lamina.collectGarbage': () => collectGarbage(context),
    'lamina.showDiskUsage': () => showDiskUsage(context),
    'lamina.clearIndexes': () => clearIndexes(context),
    'lamina.installCommand': () => installCommand(context),
  };
}
