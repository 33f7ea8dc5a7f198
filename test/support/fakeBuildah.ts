import { chmodSync, writeFileSync } from 'node:fs';
import { tempDir } from './tempDir.ts';

export interface FakeBuildah {
  /** The folder that has only this program. */
  readonly PATH: string;
  readonly file: string;
  /** A file that is there once it was started. */
  readonly started: string;
}

const version = 'buildah version 1.28.2 (image-spec 1.1.0-rc2, runtime-spec 1.0.2-dev)';

/** Plays buildah as far as it tells of itself. @param store as `buildah info` has it. */
export function fakeBuildah(store: unknown, says = version): FakeBuildah {
  const folder = tempDir();
  const file = folder.file('buildah');
  const started = folder.file('started');
  const info = JSON.stringify({ store });
  const answers = `case "$1" in --version) echo '${says}';; *) echo '${info}';; esac`;
  writeFileSync(file, ['#!/bin/sh', `echo >> '${started}'`, answers, ''].join('\n'));
  chmodSync(file, 0o755);
  return { PATH: folder.path, file, started };
}
