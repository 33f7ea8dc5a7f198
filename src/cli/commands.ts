import type { Command } from './command.ts';
import { blame } from './commands/blame.ts';
import { cache } from './commands/cache.ts';
import { cat } from './commands/cat.ts';
import { commit } from './commands/commit.ts';
import { containers } from './commands/containers.ts';
import { cp } from './commands/cp.ts';
import { create } from './commands/create.ts';
import { diff } from './commands/diff.ts';
import { edit } from './commands/edit.ts';
import { find } from './commands/find.ts';
import { gc } from './commands/gc.ts';
import { history } from './commands/history.ts';
import { images } from './commands/images.ts';
import { importImage } from './commands/import.ts';
import { inspect } from './commands/inspect.ts';
import { layers } from './commands/layers.ts';
import { load } from './commands/load.ts';
import { ls } from './commands/ls.ts';
import { pull } from './commands/pull.ts';
import { push } from './commands/push.ts';
import { rm } from './commands/rm.ts';
import { rmi } from './commands/rmi.ts';
import { save } from './commands/save.ts';
import { sharing } from './commands/sharing.ts';
import { tag } from './commands/tag.ts';
import { verify } from './commands/verify.ts';

/** Every command, in the order help lists them. */
export const commands: readonly Command[] = [
  images,
  history,
  inspect,
  layers,
  ls,
  cat,
  find,
  blame,
  diff,
  sharing,
  cache,
  create,
  containers,
  cp,
  edit,
  rm,
  commit,
  pull,
  push,
  importImage,
  save,
  load,
  tag,
  rmi,
  gc,
  verify,
];
