import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type BuiltImage, type HistoryLiteral, type LayerLiteral, buildImage } from './buildImage.ts';
import {
  configurationLayer,
  distributionLayer,
  installLayer,
  pageLayer,
  removalLayer,
  scriptLayers,
  times,
} from './sampleLayers.ts';
import { dockerArchiveBytes } from './writeDockerArchive.ts';

/** A step of a Dockerfile, and the layer it makes unless it is metadata. */
interface Step {
  readonly created: string;
  readonly createdBy: string;
  readonly comment?: string;
  readonly layer?: LayerLiteral;
}

const install = `RUN /bin/sh -c set -x     && groupadd --system --gid 101 nginx     && useradd --system --gid nginx --no-create-home --home /nonexistent --comment "web server" --shell /bin/false --uid 101 nginx     && apt-get update     && apt-get install --no-install-recommends --no-install-suggests -y nginx     && rm -rf /var/lib/apt/lists/* /usr/share/doc/base-files /usr/share/doc/tzdata     && ln -sf /dev/stdout /var/log/nginx/access.log     && ln -sf /dev/stderr /var/log/nginx/error.log # buildkit`;

const scripts = [
  'docker-entrypoint.sh /',
  '10-listen-on-ipv6-by-default.sh /docker-entrypoint.d',
  '20-envsubst-on-templates.sh /docker-entrypoint.d',
  '30-tune-worker-processes.sh /docker-entrypoint.d',
];

/** The lesson's base: a distribution, the server, four start-up scripts, and steps that make no layer. */
const baseSteps: readonly Step[] = [
  {
    created: times.base,
    createdBy: "# debian.sh --arch 'amd64' out/ 'bookworm'",
    comment: 'debuerreotype 0.16',
    layer: distributionLayer,
  },
  built(times.nginx, 'LABEL maintainer=Lamina sample'),
  built(times.nginx, 'ENV NGINX_VERSION=1.29.2'),
  built(times.nginx, install, installLayer),
  ...scripts.map((script, index) => built(times.nginx, `COPY ${script} # buildkit`, scriptLayers[index])),
  built(times.nginx, 'ENTRYPOINT ["/docker-entrypoint.sh"]'),
  built(times.nginx, 'EXPOSE map[80/tcp:{}]'),
  built(times.nginx, 'STOPSIGNAL SIGQUIT'),
  built(times.nginx, 'CMD ["nginx" "-g" "daemon off;"]'),
];

const copyPage = built(
  times.lesson,
  'COPY index.html /usr/share/nginx/html/index.html # buildkit',
  pageLayer,
);
const copyConfiguration = built(
  times.lesson,
  'COPY nginx.conf /etc/nginx/nginx.conf # buildkit',
  configurationLayer,
);
const removeSite = built(
  times.removal,
  'RUN /bin/sh -c rm /etc/nginx/conf.d/default.conf # buildkit',
  removalLayer,
);
const run = built(times.lesson, 'CMD ["nginx" "-g" "daemon off;"]');

/** The three images of the lesson, in the order of the archive. */
export function sampleImages(): readonly BuiltImage[] {
  return [
    image('hello-nginx', [copyPage, run]),
    image('config-nginx', [copyPage, copyConfiguration, removeSite, { ...run, created: times.removal }]),
    image('pre-config-nginx', [copyConfiguration, copyPage, run]),
  ];
}

/** The bytes of `media/sample/nginx-lesson.tar`, as `docker save` of Docker 25 and later writes them. */
export function sampleArchive(): Buffer {
  return dockerArchiveBytes(sampleImages(), { shape: 'modern' });
}

export const samplePath = path.join(import.meta.dirname, '../../media/sample/nginx-lesson.tar');

function image(name: string, ownSteps: readonly Step[]): BuiltImage {
  const steps = [...baseSteps, ...ownSteps];
  return buildImage(
    steps.flatMap(({ layer }) => (layer === undefined ? [] : [layer])),
    {
      names: [`docker.io/library/${name}:latest`],
      created: steps.at(-1)?.created ?? times.lesson,
      history: steps.map(toHistory),
      runtime: {
        ExposedPorts: { '80/tcp': {} },
        Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'NGINX_VERSION=1.29.2'],
        Entrypoint: ['/docker-entrypoint.sh'],
        Cmd: ['nginx', '-g', 'daemon off;'],
        Labels: { maintainer: 'Lamina sample' },
        StopSignal: 'SIGQUIT',
      },
    },
  );
}

function built(created: string, createdBy: string, layer?: LayerLiteral): Step {
  return { created, createdBy, comment: 'buildkit.dockerfile.v0', ...(layer === undefined ? {} : { layer }) };
}

function toHistory({ created, createdBy, comment, layer }: Step): HistoryLiteral {
  return {
    created,
    created_by: createdBy,
    ...(comment === undefined ? {} : { comment }),
    ...(layer === undefined ? { empty_layer: true } : {}),
  };
}

if (import.meta.main) {
  mkdirSync(path.dirname(samplePath), { recursive: true });
  writeFileSync(samplePath, sampleArchive());
}
