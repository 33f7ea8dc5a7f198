import type { BuilderIdentity } from '../builder.ts';
import type { Command, CopyCommand } from '../dockerfile/commands.ts';

/** What the classic builder does with a flag that only BuildKit knows. */
export interface Unsupported {
  readonly kind: 'refused' | 'ignored';
  /** `--mount`, or `a heredoc`. */
  readonly what: string;
}

/** Engines from 23 on read BuildKit's grammar in the classic builder too, and pass over in silence much of what they do not do. */
export function readsNewGrammar(builder: BuilderIdentity): boolean {
  return majorOf(builder) >= 23;
}

/** Engines up to 26 keep an absolute WORKDIR as it is written: `/a/./b/` is another one than `/a/b`. */
export function keepsWorkdir(builder: BuilderIdentity): boolean {
  return majorOf(builder) < 27;
}

/** One that is not known is taken for a new one. */
function majorOf({ engineVersion }: BuilderIdentity): number {
  return Number(/^v?([0-9]+)\./.exec(engineVersion ?? '')?.[1] ?? Infinity);
}

/** Undefined when the builder does all that the instruction says. */
export function unsupportedIn(command: Command, isNew: boolean): Unsupported | undefined {
  const [heredoc] = command.instruction.heredocs;
  const refused = refusedFlag(command);
  if (refused !== undefined) return { kind: 'refused', what: refused };
  const kind = isNew ? 'ignored' : 'refused';
  if (heredoc !== undefined) return { kind, what: `the heredoc ${heredoc.name}` };
  if (command.kind !== 'copy' && command.kind !== 'add') return undefined;
  const flag = newFlag(command);
  return flag === undefined ? undefined : { kind, what: flag };
}

/** Flags that need BuildKit in every engine. */
function refusedFlag(command: Command): string | undefined {
  const [first] = command.instruction.flags;
  if (command.kind === 'run' && first !== undefined) return `--${first.name}`;
  const isCopy = command.kind === 'copy' || command.kind === 'add';
  return isCopy && command.chmod !== '' ? '--chmod' : undefined;
}

function newFlag(command: CopyCommand): string | undefined {
  const said = command.instruction.flags.find(({ name }) => newFlags.has(name));
  return said && `--${said.name}`;
}

const newFlags = new Set(['link', 'parents', 'exclude', 'checksum', 'keep-git-dir', 'unpack']);
