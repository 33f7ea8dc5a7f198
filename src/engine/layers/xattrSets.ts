import type { ByteName } from '../base/layerPath.ts';

/** A set of extended attributes as one byte string: of each the lengths of name and value, then both; sorted by name. */
export interface EncodedXattrs {
  readonly encoded: string;
  /** Names of overlayfs's own attributes, which are not the layer's to set (formats.md §2.2, 10). */
  readonly ignored: string | undefined;
}

export function encodeXattrs(xattrs: ReadonlyMap<string, string>): EncodedXattrs {
  const names = [...xattrs.keys()];
  const own = names.filter((name) => !isOverlay(name)).sort();
  const encoded = own.map((name) => {
    const value = xattrs.get(name) ?? '';
    return `${name.length} ${value.length} ${name}${value}`;
  });
  const ignored = own.length === names.length ? undefined : names.filter(isOverlay).join(', ');
  return { encoded: encoded.join(''), ignored };
}

export function decodeXattrs(encoded: string): ReadonlyMap<ByteName, ByteName> {
  const xattrs = new Map<ByteName, ByteName>();
  for (let at = 0; at < encoded.length;) {
    const nameLengthEnd = encoded.indexOf(' ', at);
    const valueLengthEnd = encoded.indexOf(' ', nameLengthEnd + 1);
    const nameEnd = valueLengthEnd + 1 + Number(encoded.slice(at, nameLengthEnd));
    const end = nameEnd + Number(encoded.slice(nameLengthEnd + 1, valueLengthEnd));
    xattrs.set(
      encoded.slice(valueLengthEnd + 1, nameEnd) as ByteName,
      encoded.slice(nameEnd, end) as ByteName,
    );
    at = end;
  }
  return xattrs;
}

function isOverlay(name: string): boolean {
  return name.startsWith('trusted.overlay.') || name.startsWith('user.overlay.');
}
