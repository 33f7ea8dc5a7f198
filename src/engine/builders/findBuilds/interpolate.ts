/** The values of variables; undefined of one that is not set. */
export type Values = (name: string) => string | undefined;

/** Replaces `$NAME`, `${NAME}`, `${NAME:-other}`, `${NAME-other}` and `$$`, as compose does. What is not set is empty. */
export function interpolate(text: string, values: Values): string {
  return text.replace(
    /\$(?:\$|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])([^{}]*))?\})/g,
    (whole, plain: string | undefined, braced: string | undefined, operator = '', other = '') => {
      const name = plain ?? braced;
      if (name === undefined) return whole === '$$' ? '$' : whole;
      const value = values(name);
      const isSet = value !== undefined && !(String(operator).startsWith(':') && value === '');
      if (String(operator).endsWith('+')) return isSet ? String(other) : '';
      return isSet ? value : String(operator).endsWith('-') ? String(other) : '';
    },
  );
}

const longestLine = 4096;

/** The settings of a `.env` file. */
export function parseEnvFile(text: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    if (line.length > longestLine) continue;
    const match = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line);
    if (match?.[1] === undefined) continue;
    const value = match[2] ?? '';
    const quoted = /^"(.*)"$|^'(.*)'$/.exec(value);
    settings.set(match[1], quoted?.[1] ?? quoted?.[2] ?? value.replace(/\s+#.*$/, ''));
  }
  return settings;
}
