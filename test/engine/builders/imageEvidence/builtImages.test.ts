import assert from 'node:assert/strict';
import { historyLines } from '../../../../src/engine/build/createdBy/historyLines.ts';
import {
  BuiltImages,
  type CandidateImage,
} from '../../../../src/engine/builders/imageEvidence/builtImages.ts';
import { planOf } from '../../../support/planOf.ts';

const plan = planOf('FROM base\nRUN a\nENV E=1\nRUN b\nRUN c\nCOPY . /\n');
const lines = historyLines(plan, 0, { escape: '\\', buildArgs: new Map() });
const texts = (...commands: readonly string[]): readonly string[] =>
  commands.map((command) =>
    command === '.' ? 'COPY . / # buildkit' : `RUN /bin/sh -c ${command} # buildkit`,
  );

describe('Images that a Dockerfile was built to', () => {
  let asked: string[];
  beforeEach(() => {
    asked = [];
  });

  function image(id: string, history: readonly string[], more: Partial<CandidateImage> = {}): CandidateImage {
    const read = (): Promise<readonly string[]> => {
      asked.push(id);
      return Promise.resolve(history);
    };
    return { id, names: [], history: read, ...more };
  }

  async function find(
    images: readonly CandidateImage[],
    names: readonly string[] = [],
  ): Promise<readonly string[]> {
    const found = await new BuiltImages().find(images, { lines, names });
    return found.map(({ id }) => id);
  }

  it('have most of its lines, the newest first', async () => {
    const images = [
      image('other', texts('x', 'y', '.')),
      image('old', texts('base', 'a', 'b', 'c', '.'), { createdAt: 1 }),
      image('new', texts('base', 'a', 'b', 'c', '.'), { createdAt: 2 }),
      image('edited', texts('base', 'a', 'bb', 'c', '.'), { createdAt: 3 }),
      image('turned', texts('.', 'c', 'b', 'a'), { createdAt: 4 }),
    ];
    assert.deepEqual(await find(images), ['new', 'old', 'edited']);
  });

  it('come first by their names, unless they are of another Dockerfile', async () => {
    const images = [
      image('whole', texts('a', 'b', 'c', '.')),
      // As engines list them.
      image('named', texts('a', 'x', 'y', 'z'), { names: ['app:latest'] }),
      image('foreign', texts('x', 'y', 'z'), { names: ['app:latest'] }),
    ];
    assert.deepEqual(await find(images, ['app']), ['named', 'whole']);
  });

  it('are found by their names where they have the same instructions, whatever these said', async () => {
    const names = ['docker.io/library/app:latest'];
    const edited = image('edited', [...texts('base', 'x', 'y', 'z'), 'WORKDIR /', 'COPY x / # buildkit'], {
      names,
    });
    const shorter = image('shorter', [...texts('z'), 'COPY x / # buildkit'], { names });
    assert.deepEqual(await find([edited, shorter], ['app']), ['edited']);
    assert.deepEqual(await find([edited, shorter]), []);
  });

  it('are asked for their histories once', async () => {
    const images = new BuiltImages();
    const candidate = image('one', texts('a', 'b', 'c', '.'));
    for (let time = 0; time < 3; time++) await images.find([candidate], { lines, names: [] });
    assert.deepEqual(asked, ['one']);
  });

  it('are asked again when that failed', async () => {
    const images = new BuiltImages();
    let fails = true;
    const history = (): Promise<readonly string[]> =>
      fails ? Promise.reject(new Error('gone')) : Promise.resolve(texts('a', 'b', 'c', '.'));
    const candidate = { id: 'one', names: [], history };
    await assert.rejects(images.find([candidate], { lines, names: [] }), /gone/);
    fails = false;
    assert.equal((await images.find([candidate], { lines, names: [] })).length, 1);
  });
});
