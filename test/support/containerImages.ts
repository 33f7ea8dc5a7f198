import { fixture } from './fixtures.ts';
import { buildImage, type BuiltImage, type LayerLiteral } from './buildImage.ts';
import { readTar } from './readTar.ts';

/** An image with busybox below the given layers, whose containers go on until they are ended. */
export async function busyboxImage(
  name: string,
  layers: readonly LayerLiteral[],
  runtime: Readonly<Record<string, unknown>> = {},
): Promise<BuiltImage> {
  const busybox = (await readTar(fixture('images/dive/test-docker-image.tar'))).get(
    '28cfe03618aa2e914e81fdd90345245c15f4478e35252c06ca52d238fd3cc694/layer.tar',
  );
  if (busybox === undefined) throw new Error('the fixture has no busybox');
  return buildImage([busybox, ...layers], {
    names: [name],
    format: 'docker',
    runtime: { Cmd: ['sh', '-c', 'trap exit TERM; while true; do sleep 1; done'], ...runtime },
  });
}

/** An image without any program. */
export function bareImage(name: string, layers: readonly LayerLiteral[]): BuiltImage {
  return buildImage(layers, { names: [name], format: 'docker', runtime: { Cmd: ['/nothing'] } });
}
