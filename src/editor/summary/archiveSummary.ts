import path from 'node:path';
import * as vscode from 'vscode';
import type { EditorContext } from '../context.ts';
import { failureText, isCancelled, logFailure } from '../failures.ts';
import { isReadable, type OpenedImage, type UnreadableImage } from '../openedImages.ts';
import { type SummarizedImage, summaryPage } from './summaryPage.ts';

/** The file, as VS Code's custom editors name it: nothing is read before a page shows it. */
interface ArchiveDocument extends vscode.CustomDocument {
  readonly location: string;
}

/**
 * The page of an archive: its images, their layers and sizes, and the way into the view *Images*. Opening it adds the
 * archive to that view. The page holds no script: it is drawn here, and its buttons are commands from a closed list.
 */
export class ArchiveSummary implements vscode.CustomReadonlyEditorProvider<ArchiveDocument> {
  readonly #context: EditorContext;

  constructor(context: EditorContext) {
    this.#context = context;
  }

  openCustomDocument(uri: vscode.Uri): ArchiveDocument {
    const isMarker = path.basename(uri.fsPath) === 'index.json';
    const location = isMarker ? path.dirname(uri.fsPath) : uri.fsPath;
    return { uri, location, dispose: () => undefined };
  }

  async resolveCustomEditor({ location }: ArchiveDocument, panel: vscode.WebviewPanel): Promise<void> {
    const { webview } = panel;
    const media = vscode.Uri.joinPath(this.#context.extensionUri, 'media');
    webview.options = { enableScripts: false, enableCommandUris: pageCommands, localResourceRoots: [media] };
    const style = webview.asWebviewUri(vscode.Uri.joinPath(media, 'summary.css'));
    const page = { location, cspSource: webview.cspSource, style: style.toString(true) };
    const closed = new AbortController();
    panel.onDidDispose(() => {
      closed.abort();
    });
    webview.html = summaryPage({ ...page, images: undefined });
    try {
      const images = await this.#context.images.open(location, closed.signal);
      webview.html = summaryPage({ ...page, images: images.map((image) => ({ image })) });
      const withSizes = await Promise.all(images.map((image) => this.#withRows(image, closed.signal)));
      if (!closed.signal.aborted) webview.html = summaryPage({ ...page, images: withSizes });
    } catch (error) {
      if (closed.signal.aborted || isCancelled(error)) return;
      logFailure(error, this.#context.log);
      webview.html = summaryPage({ ...page, images: [], failure: failureText(error) });
    }
  }

  /** The sizes of layers, which need the layers to be read. What fails is shown without. */
  async #withRows(image: OpenedImage | UnreadableImage, signal: AbortSignal): Promise<SummarizedImage> {
    if (!isReadable(image)) return { image };
    try {
      return { image, rows: await this.#context.engine.layerRows(image.image, { signal, priority: 'seen' }) };
    } catch (error) {
      if (!signal.aborted) logFailure(error, this.#context.log);
      return { image };
    }
  }
}

/** The only commands that the page's links run. */
const pageCommands = [
  'lamina.revealInImages',
  'lamina.showHistory',
  'lamina.inspect',
  'lamina.findFile',
  'lamina.showLog',
];
