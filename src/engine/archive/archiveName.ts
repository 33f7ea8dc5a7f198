/**
 * The components of a name in an archive, `.` and empty ones dropped and `..` resolved; undefined when it climbs above
 * the root. A leading `/` means the root.
 */
export function nameParts(name: string): readonly string[] | undefined {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts;
}

/** The target of a symlink as a name from the root: absolute targets begin there, others beside the link. */
export function symlinkTarget(linkName: string, target: string): string {
  const parent = linkName.slice(0, linkName.lastIndexOf('/') + 1);
  return target.startsWith('/') ? target : `${parent}${target}`;
}
