import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { Snapshotter } from '../../../src/engine/snapshots/snapshotter.ts';
import type { DiskStore } from '../../../src/engine/store/diskStore.ts';
import { orSkip } from '../../machine/missing.mjs';
import { buildImage } from '../../support/buildImage.ts';
import { baseOf } from '../../support/containerFixture.ts';
import { openImages } from '../../support/openImages.ts';
import { blobFile, storeWith } from '../../support/storeFixture.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';
import { type RunningEngine, runningEngines } from '../runningEngines.ts';

/** Images with everything set, and with nothing but what docker needs. */
const images = {
  full: buildImage([{ a: '1', 'data/': '', 'old/': '' }], {
    names: ['docker.io/library/full:1'],
    runtime: {
      Cmd: ['old', 'command'],
      Entrypoint: ['/enter'],
      Env: ['PATH=/bin', 'A=1', 'EMPTY='],
      ExposedPorts: { '80/tcp': {} },
      Labels: { old: 'label' },
      Volumes: { '/data': {} },
      OnBuild: ['RUN old'],
      StopSignal: 'SIGQUIT',
      User: 'old:group',
      WorkingDir: '/old',
      Healthcheck: { Test: ['CMD', 'check'], Interval: 5_000_000_000, Retries: 2 },
    },
  }),
  plain: buildImage([{ a: '1' }], { names: ['docker.io/library/plain:1'], runtime: { Cmd: ['plain'] } }),
};

/** Instructions of one commit each. */
const changeSets: readonly (readonly string[])[] = [
  [],
  ['CMD ["new", "command"]'],
  ['CMD echo $HOME && exit'],
  ['CMD []'],
  ['ENTRYPOINT ["/new"]'],
  ['ENTRYPOINT exec /new --flag'],
  ['ENTRYPOINT []'],
  ['ENTRYPOINT ["/new"]', 'CMD ["x"]'],
  ['CMD ["x"]', 'ENTRYPOINT ["/new"]'],
  ['ENV A=2'],
  ['ENV B=2 C="two words" D=two\\ words'],
  ['ENV E an old form with = in it'],
  ['ENV A=2', 'ENV A=3 PATH=/sbin'],
  ['ENV Q=\'single "quoted"\''],
  ['env lower=case'],
  ['ENV PATH=/opt/bin:$PATH', "ENV B=${A}2 C=${NO:-else} D=${A:+then} E='$A' F=\\$A G=$NO H=$ I=${A}"],
  ['ENV B "quoted $A" and \'more $A\''],
  ['USER u$A', 'WORKDIR "/a b/c$A"', 'VOLUME ["/v$A"]', 'EXPOSE 808$A', 'LABEL l$A=$NO', 'CMD echo $A'],
  ['EXPOSE 80'],
  ['EXPOSE 8080 53/udp'],
  ['EXPOSE 9000-9002/tcp'],
  ['LABEL a=b'],
  ['LABEL "with space"="a b" old=new'],
  ['LABEL multi="line\\\nnext"'],
  ['LABEL old form'],
  ['ONBUILD RUN new'],
  ['ONBUILD RUN one', 'ONBUILD COPY . /two'],
  ['USER new'],
  ['USER 1000:1000'],
  ['VOLUME /new'],
  ['VOLUME ["/one", "/two words"]'],
  ['VOLUME /one /two'],
  ['WORKDIR /new'],
  ['WORKDIR relative'],
  ['WORKDIR relative/../other/'],
  ['WORKDIR /new', 'WORKDIR deeper'],
  ['HEALTHCHECK NONE'],
  ['HEALTHCHECK CMD curl -f localhost'],
  ['HEALTHCHECK CMD ["curl", "-f"]'],
  ['HEALTHCHECK --interval=1m30s --timeout=10s --start-period=1h --retries=7 CMD check'],
  ['CMD ["all"]', 'ENV X=1', 'EXPOSE 1', 'LABEL l=1', 'USER u', 'WORKDIR /w'],
];

/** What is no change of an image, with docker and here. */
const refused = ['RUN true', 'FROM x', 'COPY a b', 'MAINTAINER me', 'ENV', 'EXPOSE x', 'USER', 'NOTHING x'];
/** Docker 20.10 refuses them. */
const newerChangeSets = [['STOPSIGNAL SIGTERM'], ['STOPSIGNAL 9']];

describe('commits that change the config', function () {
  this.timeout(600_000);
  for (const [name, start] of Object.entries(runningEngines).filter(([each]) => each !== 'Podman'))
    describe(name, () => {
      const isOld = name.includes('20.10');
      let engine: RunningEngine;
      before(async function () {
        engine = await orSkip(this, start);
        const archive = writeDockerArchive(Object.values(images), tempDir().file('images.tar'));
        await engine.cli(['load', '-i', archive]);
      });
      after(() => (engine as RunningEngine | undefined)?.stop());

      for (const [kind, image] of Object.entries(images))
        it(`give the config and the history that docker gives, of an image with ${kind} config`, async () => {
          const theirs = await TheirContainer.of(engine, `${kind}:1`);
          const ours = await OwnContainer.of(image);
          const differing: unknown[] = [];
          const all = [...changeSets, ...(isOld ? [] : newerChangeSets)];
          const committed = await theirs.commitAll(all);
          for (const [at, changes] of all.entries()) {
            const [own, other] = [await ours.commit(changes), committed[at]];
            if (!isDeepStrictEqual(own, other)) differing.push({ changes, own, other });
          }
          assert.ok(differing.length === 0, JSON.stringify(differing, undefined, 1));
        });

      it('are refused alike', async () => {
        const theirs = await TheirContainer.of(engine, 'plain:1');
        const ours = await OwnContainer.of(images.plain);
        for (const change of refused) {
          await assert.rejects(theirs.commit([change]), change);
          await assert.rejects(ours.commit([change]), (error) => isEngineError(error, 'invalid-config'));
        }
        if (isOld)
          for (const changes of newerChangeSets)
            await assert.rejects(theirs.commit(changes), /not a valid change command/);
      });
    });
});

/** What a commit says of itself. */
interface Committed {
  readonly config: Readonly<Record<string, unknown>>;
  readonly last: Readonly<Record<string, unknown>>;
  readonly author: unknown;
}

class OwnContainer {
  readonly #store: DiskStore;
  readonly #commit: (changes: readonly string[]) => ReturnType<Snapshotter['commit']>;

  private constructor(
    store: DiskStore,
    commit: (changes: readonly string[]) => ReturnType<Snapshotter['commit']>,
  ) {
    this.#store = store;
    this.#commit = commit;
  }

  static async of(image: (typeof images)['full']): Promise<OwnContainer> {
    const store = await storeWith(image);
    const snapshotter = new Snapshotter(store);
    const config = await snapshotter.create({ manifest: image.manifestDigest });
    const container = await snapshotter.open(config, baseOf(image));
    return new OwnContainer(store, (changes) =>
      snapshotter.commit(container, { changes, message: 'a message', author: 'An Author' }),
    );
  }

  async commit(changes: readonly string[]): Promise<Committed> {
    const { config } = await this.#commit(changes);
    return committedOf(readFileSync(blobFile(this.#store.places.directory, config)));
  }
}

class TheirContainer {
  readonly #engine: RunningEngine;
  readonly #id: string;

  private constructor(engine: RunningEngine, id: string) {
    this.#engine = engine;
    this.#id = id;
  }

  static async of(engine: RunningEngine, image: string): Promise<TheirContainer> {
    return new TheirContainer(engine, (await engine.cli(['create', '--network=none', image])).trim());
  }

  /** One commit for each; they are saved together, since that is quicker. */
  async commitAll(changeSets: readonly (readonly string[])[]): Promise<readonly Committed[]> {
    const tags = changeSets.map((_, at) => `committed:${at}`);
    for (const [at, tag] of tags.entries()) await this.commit(changeSets[at] ?? [], tag);
    using folder = tempDir();
    await this.#engine.cli(['save', '-o', folder.file('saved.tar'), ...tags]);
    await this.#engine.cli(['rmi', ...tags]);
    const { images: saved } = await openImages(folder.file('saved.tar'));
    return tags.map((tag) => {
      const image = saved.find(({ names }) => names.includes(`docker.io/library/${tag}`));
      return committedOf(image!.core.configBytes!);
    });
  }

  async commit(changes: readonly string[], tag = 'refused:1'): Promise<void> {
    const flags = changes.flatMap((change) => ['--change', change]);
    await this.#engine.cli(['commit', '-m', 'a message', '-a', 'An Author', ...flags, this.#id, tag]);
  }
}

function committedOf(bytes: Uint8Array): Committed {
  const document = JSON.parse(Buffer.from(bytes).toString()) as {
    readonly config: Readonly<Record<string, unknown>>;
    readonly history: readonly Readonly<Record<string, unknown>>[];
    readonly author?: unknown;
  };
  const { config, history, author } = document;
  const set = Object.entries(config).filter(([key, value]) => members.has(key) && !isUnset(value));
  const step = Object.entries(history.at(-1) ?? {}).filter(([key]) => key !== 'created');
  return {
    config: Object.fromEntries(set.sort(([one], [other]) => (one < other ? -1 : 1))),
    last: Object.fromEntries(step),
    author,
  };
}

/** What an image says; the rest is the container's. */
const members = new Set([
  ...['Cmd', 'Entrypoint', 'Env', 'ExposedPorts', 'Healthcheck', 'Labels', 'OnBuild', 'Shell'],
  ...['StopSignal', 'User', 'Volumes', 'WorkingDir'],
]);

function isUnset(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
