import type { Word } from './ast.ts';
import type { CommandFailure } from './commandFailure.ts';
import { type Field, parseBool, splitFields } from './flagFields.ts';
import { goQuote } from './goText.ts';

/** One `--mount` of RUN, its values expanded. */
export interface Mount {
  readonly type: 'bind' | 'cache' | 'tmpfs' | 'secret' | 'ssh';
  /** A stage or an image; empty for the context, or for nothing. */
  readonly from: string;
  readonly source: string;
  readonly target: string;
  readonly isReadOnly: boolean;
  readonly sizeBytes?: number;
  readonly id: string;
  readonly sharing?: 'shared' | 'private' | 'locked';
  readonly isRequired: boolean;
  /** The variable of a secret; empty for the usual name. */
  readonly env?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export type ParsedMount = { readonly mount: Mount } | { readonly failure: string };

/** Gives a value with its variables replaced, or why that fails. */
export type Expand = (value: string) => { readonly text: string; readonly failure?: string };

/** Why BuildKit refuses the mounts of a RUN before it knows any variable: only `from` is looked at. */
export function mountFailure(words: readonly Word[]): CommandFailure | undefined {
  for (const { text, range } of words) {
    const message = earlyFailure(text);
    if (message !== undefined) return { code: 'mount-invalid', message, range };
  }
  return undefined;
}

function earlyFailure(text: string): string | undefined {
  const fields = splitFields(text);
  if (fields === undefined) return 'failed to parse csv mounts';
  const hasVariable = (value: string): boolean =>
    value.includes('$') && value.indexOf('$') < value.length - 1;
  const variable = fields.some(
    ({ key, value }) => key === 'from' && value !== undefined && hasVariable(value),
  );
  return variable ? "'from' doesn't support variable expansion, define alias stage instead" : undefined;
}

/** The `from` of a mount, which is never expanded. */
export function mountSource(text: string): string {
  return splitFields(text)?.findLast(({ key }) => key === 'from')?.value ?? '';
}

/** Parses the value of one `--mount` (BuildKit, `parseMount`). */
export function parseMount(text: string, expand: Expand): ParsedMount {
  const fields = splitFields(text);
  if (fields === undefined) return { failure: 'failed to parse csv mounts' };
  const draft = new MountDraft();
  for (const field of fields) {
    const failure = draft.set(field, expand);
    if (failure !== undefined) return { failure };
  }
  return draft.finish();
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A mount whose fields are read one by one: what some may say depends on the type that stands before them. */
class MountDraft {
  readonly #mount: Mutable<Mount> = {
    type: 'bind',
    from: '',
    source: '',
    target: '',
    isReadOnly: false,
    id: '',
    isRequired: false,
  };
  #isAccessSaid = false;

  /** Gives why the field is refused. */
  set({ text, key, value: written }: Field, expand: Expand): string | undefined {
    if (written === undefined) return this.#setBare(text, key);
    const { text: value, failure } = expand(written);
    if (failure !== undefined) return failure;
    return this.#setValue(text, key, value);
  }

  finish(): ParsedMount {
    const mount = this.#mount;
    if (!this.#isAccessSaid) mount.isReadOnly = mount.type !== 'cache' && mount.type !== 'tmpfs';
    const failure = ownerFailure(mount) ?? (mount.type === 'secret' ? secretFailure(mount) : undefined);
    if (failure !== undefined) return { failure };
    if (mount.sharing !== undefined && mount.type !== 'cache')
      return { failure: `invalid cache sharing set for ${mount.type} mount` };
    return { mount };
  }

  #setBare(text: string, key: string): string | undefined {
    if (key === 'readonly' || key === 'ro') return this.#setReadOnly(true);
    if (key === 'readwrite' || key === 'rw') return this.#setReadOnly(false);
    if (key === 'required') return this.#setRequired('true');
    return `invalid field '${text}' must be a key=value pair`;
  }

  #setValue(text: string, key: string, value: string): string | undefined {
    const mount = this.#mount;
    switch (key) {
      case 'type':
        return this.#setType(value);
      case 'from':
        mount.from = value;
        return undefined;
      case 'source':
      case 'src':
        mount.source = value;
        return undefined;
      case 'target':
      case 'dst':
      case 'destination':
        mount.target = value;
        return undefined;
      case 'readonly':
      case 'ro':
      case 'readwrite':
      case 'rw':
        return this.#setAccess(key, value);
      case 'required':
        return this.#setRequired(value);
      case 'size':
        return this.#setSize(value);
      case 'id':
        mount.id = value;
        return undefined;
      case 'sharing':
        return this.#setSharing(value);
      case 'mode':
      case 'uid':
      case 'gid':
        return this.#setNumber(key, value);
      case 'env':
        mount.env = value;
        return undefined;
      default:
        return `unexpected key '${key}' in '${text}'`;
    }
  }

  #setType(value: string): string | undefined {
    const type = mountTypes.find((each) => each === value.toLowerCase());
    if (type === undefined) return `unsupported mount type ${goQuote(value)}`;
    this.#mount.type = type;
    return undefined;
  }

  #setAccess(key: string, value: string): string | undefined {
    const said = parseBool(value);
    if (said === undefined) return `invalid value for ${key}: ${value}`;
    return this.#setReadOnly(key.startsWith('reado') || key === 'ro' ? said : !said);
  }

  #setReadOnly(isReadOnly: boolean): string | undefined {
    this.#mount.isReadOnly = isReadOnly;
    this.#isAccessSaid = true;
    return undefined;
  }

  #setRequired(value: string): string | undefined {
    const { type } = this.#mount;
    if (type !== 'secret' && type !== 'ssh') return `unexpected key 'required' for mount type '${type}'`;
    const said = parseBool(value);
    if (said === undefined) return `invalid value for required: ${value}`;
    this.#mount.isRequired = said;
    return undefined;
  }

  #setSize(value: string): string | undefined {
    if (this.#mount.type !== 'tmpfs') return `unexpected key 'size' for mount type '${this.#mount.type}'`;
    const size = parseSize(value);
    if (size === undefined) return `invalid value for size: ${value}`;
    this.#mount.sizeBytes = size;
    return undefined;
  }

  #setSharing(value: string): string | undefined {
    const sharing = sharings.find((each) => each === value.toLowerCase());
    if (sharing === undefined) return `unsupported sharing value ${goQuote(value)}`;
    this.#mount.sharing = sharing;
    return undefined;
  }

  #setNumber(key: 'mode' | 'uid' | 'gid', value: string): string | undefined {
    const [digits, base] = key === 'mode' ? [/^[0-7]+$/, 8] : [/^[0-9]+$/, 10];
    const number = digits.test(value) ? parseInt(value, base) : NaN;
    if (!(number <= 0xffffffff)) return `invalid value ${value} for ${key}`;
    this.#mount[key] = number;
    return undefined;
  }
}

const mountTypes = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;
const sharings = ['shared', 'private', 'locked'] as const;

function ownerFailure(mount: Mount): string | undefined {
  if (mount.type !== 'bind' && mount.type !== 'tmpfs') return undefined;
  const key = (['mode', 'uid', 'gid'] as const).find((each) => mount[each] !== undefined);
  return key && `${key} not allowed for ${goQuote(mount.type)} type mounts`;
}

function secretFailure({ from, sharing, source, target, id }: Mount): string | undefined {
  if (from !== '') return 'secret mount should not have a from';
  if (sharing !== undefined) return 'secret mount should not define sharing';
  if (source === '' && target === '' && id === '')
    return 'invalid secret mount. one of source, target required';
  return source !== '' && id !== '' ? "both source and id can't be set" : undefined;
}

/** `64m`, `1.5GiB`, `100`: as docker's `RAMInBytes`, in powers of 1024. */
function parseSize(text: string): number | undefined {
  const [, digits, unit = ''] = /^([0-9]+(?:\.[0-9]+)?) ?([kKmMgGtTpP]?)(?:[iI]?[bB])?$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Math.floor(Number(digits) * 1024 ** ' kmgtp'.indexOf(unit.toLowerCase() || ' '));
}
