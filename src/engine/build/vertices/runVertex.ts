import type { ContentSelection } from '../cache/vertex.ts';
import { cacheFolderText } from '../operationKey/fileKey.ts';
import { runText, type RunMount, type SecretVariable } from '../operationKey/runKey.ts';
import type { PlannedMount, RunStep } from '../plan/buildPlan.ts';
import type { Platform } from '../../oci/platform.ts';
import { type Sha256, sha256 } from '../sha256.ts';
import type { BuildOptions } from './buildOptions.ts';
import type { CopyFrom, StepPlace } from './copyVertex.ts';
import { InputList, selectionOf, sourceOf } from './inputList.ts';
import { madeFolder } from './madeContent.ts';
import { agentMount, secretMount, secretVariable } from './secretMounts.ts';
import { heredocVertex } from './sourceVertices.ts';
import { keyed } from './vertexList.ts';

/** What a RUN is keyed with besides itself. */
export interface RunSurroundings {
  readonly options: BuildOptions;
  readonly platform: Platform;
  readonly origin: (mount: PlannedMount) => CopyFrom;
}

/** The operation of RUN. */
export function runVertex(step: RunStep, surroundings: RunSurroundings, place: StepPlace): number {
  return new Run(step, surroundings, place).add();
}

/** A mount with what it shows. */
interface Shown {
  readonly to: string;
  readonly vertex?: number | undefined;
  readonly origin?: ContentSelection['origin'] | undefined;
  /** Of that; empty for all of it, which older versions do not name. */
  readonly path: string;
  readonly digest?: Sha256;
  readonly mount: (input: number) => RunMount;
}

class Run {
  readonly #step: RunStep;
  readonly #surroundings: RunSurroundings;
  readonly #place: StepPlace;
  readonly #inputs: InputList;

  constructor(step: RunStep, surroundings: RunSurroundings, place: StepPlace) {
    this.#step = step;
    this.#surroundings = surroundings;
    this.#place = place;
    this.#inputs = new InputList(place.list);
  }

  add(): number {
    const { args, cwd, user, isInsecure, devices } = this.#step;
    const { options, platform } = this.#surroundings;
    const { list, format, onto, draft } = this.#place;
    const mounts = this.#mounts();
    const secretEnv = this.#secretVariables();
    const run = {
      ...options.run,
      args,
      env: this.#environment(mounts),
      cwd,
      user,
      mounts,
      network: this.#step.network === 'default' ? options.network : this.#step.network,
      isInsecure,
      devices,
      platform,
      isOnNothing: onto === undefined,
      ...(secretEnv.length > 0 && { secretEnv }),
    };
    return list.add({ ...draft, kind: 'run', operation: keyed(runText(run, format)) }, this.#inputs.inputs);
  }

  /** File systems by target, then secrets, then agents: the order in which BuildKit writes them. */
  #mounts(): readonly RunMount[] {
    const { mounts } = this.#step;
    const shown = [...this.#scriptMount(), ...mounts.flatMap((mount) => this.#shown(mount))];
    const fixed = this.#surroundings.options.mounts.map((mount) => ({
      to: mount.to,
      path: '',
      mount: (): RunMount => mount,
    }));
    const sorted = [...shown, ...fixed].sort((one, other) => compare(one.to, other.to));
    const files = this.#mountAll(sorted);
    const secrets = mounts.flatMap((mount) => secretMount(mount) ?? []);
    const agents = mounts.filter(({ type }) => type === 'ssh').map(agentMount);
    return [...files, ...secrets, ...agents];
  }

  #mountAll(sorted: readonly Shown[]): readonly RunMount[] {
    const root = this.#inputs.add(this.#place.onto);
    const readings = new Map<number, Shown[]>(root < 0 ? [] : [[root, []]]);
    const mounts = sorted.map((shown) => {
      const input = this.#inputs.add(shown.vertex);
      if (input >= 0) readings.set(input, [...(readings.get(input) ?? []), shown]);
      return shown.mount(input);
    });
    for (const [input, shown] of readings) this.#select(input, shown, input === root);
    return mounts;
  }

  /** The root is never looked up by its content. */
  #select(input: number, shown: readonly Shown[], isRoot: boolean): void {
    const { namesWholeInput } = this.#place.format;
    const named = [...(isRoot ? [''] : []), ...shown.map(({ path }) => path)].flatMap((path) =>
      path === '' ? (namesWholeInput ? ['/'] : []) : [path],
    );
    const selector = named.length === 0 ? '' : sha256(named.join('\0'));
    this.#inputs.select(input, selector, isRoot ? undefined : this.#contentOf(shown));
  }

  #contentOf(shown: readonly Shown[]): ContentSelection | Sha256 | undefined {
    const [first] = shown;
    if (first?.origin === undefined) return first?.digest;
    const isWhole = shown.some(({ path }) => path === '');
    const paths = isWhole ? ['/'] : [...new Set(shown.map(({ path }) => path))];
    return selectionOf(
      first.origin,
      paths.map((path) => sourceOf(path, {}, false)),
    );
  }

  #scriptMount(): readonly Shown[] {
    const { script } = this.#step;
    if (script === undefined) return [];
    const { list, format, draft } = this.#place;
    const { vertex, digest } = heredocVertex(list, draft.stage, script, true, format);
    const to = '/dev/pipes/';
    const mount = (input: number): RunMount => ({ type: 'bind', input, to, isWritable: false });
    return [{ to, vertex, path: '', digest, mount }];
  }

  #shown(mount: PlannedMount): readonly Shown[] {
    const { type, target: to } = mount;
    if (type === 'secret' || type === 'ssh') return [];
    if (type === 'tmpfs') {
      const size =
        mount.sizeBytes === undefined || mount.sizeBytes === 0 ? {} : { sizeBytes: mount.sizeBytes };
      return [{ to, path: '', mount: (): RunMount => ({ type, to, ...size }) }];
    }
    if (type === 'bind')
      return [
        {
          ...this.#placeOf(mount),
          mount: (input) => ({ type, input, to, isWritable: !mount.isReadOnly }),
        },
      ];
    return [{ ...this.#cachePlace(mount), mount: (input) => this.#cache(mount, input) }];
  }

  #placeOf(mount: PlannedMount): Omit<Shown, 'mount'> {
    const path = joined(mount.source);
    const from = mount.shows === undefined ? undefined : this.#surroundings.origin(mount);
    return { to: mount.target, path, vertex: from?.vertex, origin: from?.origin };
  }

  /** A cache with an owner or a mode begins with a directory that is made for it. */
  #cachePlace(mount: PlannedMount): Omit<Shown, 'mount'> {
    const { uid = 0, gid = 0, mode = 0o755, target: to } = mount;
    const isMade = mount.uid !== undefined || mount.gid !== undefined || mount.mode !== undefined;
    if (!isMade || joined(mount.source) !== '') return this.#placeOf(mount);
    const { list, format, draft } = this.#place;
    // On another file system it would be another operation, which nobody has seen yet: it matches nothing.
    if (mount.shows !== undefined)
      return { to, path: '/cache', vertex: list.add({ kind: 'folder', stage: draft.stage }) };
    const operation = keyed(cacheFolderText(mode, { user: uid, group: gid }, format));
    const vertex = list.add({ kind: 'folder', stage: draft.stage, operation });
    return { to, path: '/cache', vertex, digest: madeFolder(mode, { user: uid, group: gid }) };
  }

  #cache({ target: to, id, sharing = 'shared' }: PlannedMount, input: number): RunMount {
    const full = `${this.#surroundings.options.cacheNamespace}/${id}`;
    const isUsualId = full === to || full.slice(full.indexOf('/') + 1) === to;
    return { type: 'cache', to, id: full, isUsualId, sharing, input };
  }

  #secretVariables(): readonly SecretVariable[] {
    return this.#step.mounts.flatMap((mount) => secretVariable(mount) ?? []);
  }

  /** Programs find the agent of the first ssh mount by a variable. */
  #environment(mounts: readonly RunMount[]): readonly string[] {
    const { env } = this.#step;
    const agent = mounts.find(({ type }) => type === 'ssh');
    const isSet = env.some((setting) => setting.startsWith('SSH_AUTH_SOCK='));
    return agent === undefined || isSet ? env : [...env, `SSH_AUTH_SOCK=${agent.to}`];
  }
}

/** Absolute; empty for the root. */
function joined(source: string): string {
  const parts: string[] = [];
  for (const part of source.split('/'))
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  return parts.length === 0 ? '' : `/${parts.join('/')}`;
}

function compare(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
