import path from 'node:path';
import * as vscode from 'vscode';
import { type Image, type LayerRow, storedSizeOf } from '../../engine/index.ts';
import { failureText } from '../failures.ts';
import { isReadable, type OpenedImage, type UnreadableImage } from '../openedImages.ts';
import { problemText } from '../problemTexts.ts';
import {
  countText,
  dateText,
  imageTitle,
  layerCountText,
  layerTitle,
  oneLine,
  platformText,
  referenceTitle,
  sizeText,
} from '../text.ts';
import { type Html, html } from './html.ts';

/** An image of the page; `rows` once its layers have been read. */
export interface SummarizedImage {
  readonly image: OpenedImage | UnreadableImage;
  readonly rows?: readonly LayerRow[];
}

export interface SummaryPage {
  readonly location: string;
  readonly cspSource: string;
  /** The address of the style sheet. */
  readonly style: string;
  /** Undefined while the archive is being opened. */
  readonly images: readonly SummarizedImage[] | undefined;
  readonly failure?: string;
}

/** The whole page. No script runs in it, and nothing is loaded but the style sheet. */
export function summaryPage(page: SummaryPage): string {
  const policy = `default-src 'none'; style-src ${page.cspSource}`;
  const name = oneLine(path.basename(page.location));
  return html`<!doctype html>
    <html lang="${vscode.env.language}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="stylesheet" href="${page.style}" />
        <title>${name}</title>
      </head>
      <body>
        <main>
          <header>
            <h1>${name}</h1>
            <p class="where">${oneLine(path.dirname(page.location))}</p>
          </header>
          ${bodyOf(page)}
        </main>
      </body>
    </html>`.text;
}

function bodyOf({ images, failure }: SummaryPage): Html {
  if (failure !== undefined)
    return html`<p class="problem" role="alert">${failure}</p>
      <p>${button('lamina.showLog', undefined, vscode.l10n.t('Show Log'))}</p>`;
  if (images === undefined)
    return html`<p class="reading" role="status">${vscode.l10n.t('Opening the archive…')}</p>`;
  if (images.length === 0) return html`<p>${vscode.l10n.t('No images are in here.')}</p>`;
  return html`${images.map(imageSection)}`;
}

function imageSection({ image, rows }: SummarizedImage): Html {
  if (!isReadable(image))
    return html`<section>
      <h2>${referenceTitle(image.entry.names[0]) ?? vscode.l10n.t('untitled image')}</h2>
      <p class="problem">${failureText(image.failure)}</p>
    </section>`;
  const { image: shown } = image;
  return html`<section aria-labelledby="h${shown.id}">
    <h2 id="h${shown.id}">${imageTitle(shown)}</h2>
    <p class="facts">${factsOf(shown, rows)}</p>
    ${problemList(shown)}
    <nav>
      ${button('lamina.revealInImages', shown, vscode.l10n.t('Reveal in Images View'), 'primary')}
      ${button('lamina.showHistory', shown, vscode.l10n.t('Show History'))}
      ${button('lamina.inspect', shown, vscode.l10n.t('Inspect'))}
      ${button('lamina.findFile', shown, vscode.l10n.t('Find File'))}
    </nav>
    ${rows === undefined ? undefined : sizeBar(rows)} ${layerTable(shown, rows)}
  </section>`;
}

function factsOf(image: Image, rows: readonly LayerRow[] | undefined): string {
  const total = rows?.reduce((sum, { size }) => sum + size, 0);
  const created = image.config?.created;
  const facts = [
    platformText(image.platform),
    layerCountText(image.layers.length),
    total === undefined ? vscode.l10n.t('reading sizes…') : sizeText(total),
    created === undefined ? undefined : dateText(created),
  ];
  return facts.filter((fact) => fact !== undefined).join(' \u00b7 ');
}

function problemList({ problems }: Image): Html {
  if (problems.length === 0) return html``;
  return html`<ul class="problem">
    ${problems.map((problem) => html`<li>${problemText(problem)}</li>`)}
  </ul>`;
}

/** The layers' sizes side by side. The table below says the same in words. */
function sizeBar(rows: readonly LayerRow[]): Html {
  const total = rows.reduce((sum, { size }) => sum + size, 0);
  if (total === 0) return html``;
  let x = 0;
  const bars = rows.map(({ size, index }) => {
    const width = (size / total) * 1000;
    const bar = html`<rect class="${colour(index)}" x="${x}" y="0" width="${width}" height="10" />`;
    x += width;
    return bar;
  });
  return html`<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
    ${bars}
  </svg>`;
}

function layerTable(image: Image, rows: readonly LayerRow[] | undefined): Html {
  return html`<table>
    <thead>
      <tr>
        <th scope="col" class="number">${vscode.l10n.t('Layer')}</th>
        <th scope="col">${vscode.l10n.t('Instruction')}</th>
        <th scope="col" class="number">${vscode.l10n.t('Added')}</th>
        <th scope="col" class="number">${vscode.l10n.t('Modified')}</th>
        <th scope="col" class="number">${vscode.l10n.t('Removed')}</th>
        <th scope="col" class="number">${vscode.l10n.t('Size')}</th>
      </tr>
    </thead>
    <tbody>
      ${image.layers.map(({ position }) => layerLine(image, position, rows?.[position]))}
    </tbody>
  </table>`;
}

function layerLine(image: Image, layer: number, row: LayerRow | undefined): Html {
  const blob = image.layers[layer]?.blob;
  const stored = blob && storedSizeOf(blob);
  const size = row === undefined ? (stored === undefined ? '' : sizeText(stored)) : sizeText(row.size);
  const label = vscode.l10n.t('Reveal layer {0} in Images View', layer);
  const title = layerTitle(image, layer);
  return html`<tr>
    <td class="number">
      <span class="swatch ${colour(layer)}" aria-hidden="true"></span>
      <a
        href="${commandLink('lamina.revealInImages', { image: image.id, layer })}"
        title="${label}"
        aria-label="${label}"
        >${layer}</a
      >
    </td>
    <td class="instruction"><span title="${title}">${title}</span></td>
    <td class="number">${count(row?.added)}</td>
    <td class="number">${count(row?.modified)}</td>
    <td class="number">${count(row?.removed)}</td>
    <td class="number">${size}</td>
  </tr>`;
}

function count(value: number | undefined): string {
  return value === undefined || value === 0 ? '' : countText(value);
}

/** One of the theme's chart colours; neighbours differ. */
function colour(layer: number): string {
  return `colour${layer % 6}`;
}

function button(command: string, image: Image | undefined, label: string, look = 'plain'): Html {
  const href = commandLink(command, image && { image: image.id });
  return html`<a class="button ${look}" role="button" href="${href}">${label}</a>`;
}

function commandLink(command: string, argument: object | undefined): string {
  const query = argument === undefined ? '' : `?${encodeURIComponent(JSON.stringify([argument]))}`;
  return `command:${command}${query}`;
}
