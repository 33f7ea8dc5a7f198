/** What was hashed of an operation, taken apart. */
export type Json = Readonly<Record<string, unknown>>;

/** Of a file operation. */
export function actionsOf(json: Json): readonly Json[] {
  return texts(json, 'Actions').map((text) => parse(Buffer.from(text, 'base64').toString()) ?? {});
}

/** Undefined of what is no object. */
export function parse(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function member(json: Json, name: string): Json {
  const value = json[name];
  return isObject(value) ? value : {};
}

export function texts(json: Json, name: string): readonly string[] {
  const value = json[name];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

export function objects(json: Json, name: string): readonly Json[] {
  const value = json[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
}
