// One static program that is a whole system: the root of images that are built on in a moment.
import { MissingComponent } from './missing.mjs';
import { canInstallPackages, findProgram, installDebianPackages } from './programs.mjs';
import { finish } from './processes.mjs';

/** @returns {Promise<string>} the program */
export async function ensureBusybox() {
  if (!findProgram('busybox') && canInstallPackages) await installDebianPackages(['busybox-static']);
  const program = findProgram('busybox');
  if (!program) throw new MissingComponent('busybox', 'not found in PATH');
  const { stdout } = await finish('ldd', [program]);
  if (stdout.includes('=>')) throw new MissingComponent('busybox', 'the one in PATH is not static');
  return program;
}
