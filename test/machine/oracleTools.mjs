// Programs of others that tests compare Lamina with; Debian packages of the same names.
import { MissingComponent } from './missing.mjs';
import { findProgram } from './programs.mjs';

export const oracleTools = /** @type {const} */ (['skopeo', 'umoci', 'podman', 'buildah']);

/**
 * @param {typeof oracleTools[number]} name
 * @returns {string} the program
 */
export function requireTool(name) {
  const place = findProgram(name);
  if (!place) throw new MissingComponent(name, 'not found in PATH');
  return place;
}
