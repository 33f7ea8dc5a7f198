/** A value whose members stand in the order in which they are written; undefined ones are left out. */
export type GoValue =
  string | number | boolean | undefined | readonly GoValue[] | { readonly [member: string]: GoValue };

/** JSON as Go's `encoding/json` writes it: no blanks, and the characters that matter in HTML escaped. */
export function goJson(value: GoValue): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
