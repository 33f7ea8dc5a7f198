// Draws media/lamina.png, the icon of the extension: three sheets above one another. Run it after changing it:
//   node test/machine/makeIcon.mjs
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { repoRoot } from './repository.mjs';

const size = 256;
/** Samples per pixel in each direction. */
const samples = 4;

/** @typedef {readonly [red: number, green: number, blue: number]} Colour */

/** @type {Colour} */
const background = [24, 32, 48];
/** From the lowest sheet to the highest: where its middle lies, and its colour. */
const sheets = /** @type {const} */ ([
  { y: 170, colour: [63, 94, 150] },
  { y: 132, colour: [86, 148, 206] },
  { y: 94, colour: [140, 214, 226] },
]);
const halfWidth = 92;
const halfHeight = 46;
const thickness = 12;
const cornerRadius = 52;

writeFileSync(join(repoRoot, 'media', 'lamina.png'), png(pixels()));

function pixels() {
  const rows = Buffer.alloc(size * (size * 4 + 1));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      rows.set(pixelAt(x, y), y * (size * 4 + 1) + 1 + x * 4);
    }
  }
  return rows;
}

/** @param {number} x @param {number} y */
function pixelAt(x, y) {
  const sum = [0, 0, 0, 0];
  for (let sample = 0; sample < samples * samples; sample++) {
    const colour = colourAt(
      x + ((sample % samples) + 0.5) / samples,
      y + (Math.floor(sample / samples) + 0.5) / samples,
    );
    if (colour === undefined) continue;
    colour.forEach((value, at) => (sum[at] = (sum[at] ?? 0) + value));
    sum[3] = (sum[3] ?? 0) + 1;
  }
  const [red = 0, green = 0, blue = 0, count = 0] = sum;
  const share = count === 0 ? 0 : 1 / count;
  return [red * share, green * share, blue * share, (count * 255) / samples ** 2].map(Math.round);
}

/** @param {number} x @param {number} y @returns {Colour | undefined} nothing outside the rounded square */
function colourAt(x, y) {
  const [dx, dy] = [x, y].map((value) => Math.max(0, Math.abs(value - size / 2) - (size / 2 - cornerRadius)));
  if (Math.hypot(dx ?? 0, dy ?? 0) > cornerRadius) return undefined;
  for (const { y: middle, colour } of sheets.toReversed()) {
    if (isInSheet(x, y - middle)) return colour;
    // The edge of the sheet is darker, and the gap below it lets the background through.
    if (isInSheet(x, y - middle - thickness)) return mixed(colour, background, 0.45);
    if (isInSheet(x, y - middle - thickness - 8)) return background;
  }
  return background;
}

/** @param {number} x @param {number} y from the middle of the sheet */
function isInSheet(x, y) {
  return Math.abs(x - size / 2) / halfWidth + Math.abs(y) / halfHeight <= 1;
}

/** @param {Colour} a @param {Colour} b @param {number} share of b @returns {Colour} */
function mixed([red, green, blue], [red2, green2, blue2], share) {
  const mix = (/** @type {number} */ one, /** @type {number} */ other) => one * (1 - share) + other * share;
  return [mix(red, red2), mix(green, green2), mix(blue, blue2)];
}

/** @param {Buffer} rows each with its filter byte */
function png(rows) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND'),
  ]);
}

/** @param {string} type @param {Buffer} [data] */
function chunk(type, data = Buffer.alloc(0)) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}
