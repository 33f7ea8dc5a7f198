import { type ContainerConfig, familiarName } from '../engine/index.ts';
import { ageText } from './entryRows.ts';

/** A container as `containers --json` prints it. */
export function containerObject({
  id,
  name,
  created,
  image,
}: ContainerConfig): Readonly<Record<string, unknown>> {
  return {
    id,
    name,
    created,
    image: { name: image.name ?? null, digest: image.manifest, diffIds: image.diffIds },
  };
}

export const containerHeading = ['CONTAINER ID', 'IMAGE', 'CREATED', 'NAME'];

export function containerRow({ id, name, created, image }: ContainerConfig, now: Date): readonly string[] {
  const imageName = image.name === undefined ? image.manifest.slice(7, 19) : familiarName(image.name);
  return [id.slice(0, 12), imageName, ageText(Date.parse(created), now), name];
}
