import type { StepLayer } from '../../../src/engine/index.ts';
import { parseDiffId } from '../../../src/engine/oci/digest.ts';
import type { Told } from './fakeBuilds.ts';

/** The lesson's Dockerfile for Python, and what its builder says of it. */
export const lessonText = ['FROM debian', 'WORKDIR /app', 'COPY . .', 'RUN make', 'CMD ["app"]', ''].join(
  '\n',
);

const layer: StepLayer = { diffId: parseDiffId(`sha256:a1b2c3${'0'.repeat(58)}`), size: 60_700_000 };
const found = { code: 'found', text: 'found' } as const;

export const allCached: Told = {
  'WORKDIR /app': { state: 'cached', reason: found },
  'COPY . .': { state: 'cached', reason: found, layer },
  'RUN make': { state: 'cached', reason: found, layer, seconds: 41 },
};

export const appChanged: Told = {
  ...allCached,
  'COPY . .': {
    state: 'rebuild',
    reason: { code: 'files-changed', text: '', paths: [{ path: 'app.py', change: 'content' }], pathCount: 1 },
    layer,
  },
  'RUN make': { state: 'rebuild', reason: { code: 'step-above', text: '', instruction: 2 }, layer },
};
