// The images that the tutorials teach with: three on one nginx, that add the same two files in one order and the other.
import { ensureDebianTar } from './baseImage.mjs';
import { ensureBuiltImages, loadBuiltImages } from './builtImages.mjs';
import { say } from './say.mjs';

/**
 * @typedef {import('./builtImages.mjs').BuiltImages} BuiltImages
 * @typedef {import('./builtImages.mjs').Build} Build
 */

export const lessonNames = /** @type {const} */ ({
  base: 'nginx:latest',
  hello: 'hello-nginx:latest',
  config: 'config-nginx:latest',
  preConfig: 'pre-config-nginx:latest',
});

const scripts = ['10-listen-on-ipv6.sh', '15-local-resolvers.sh', '20-envsubst.sh', '30-tune-workers.sh'];

const module = import.meta.url;

const files = {
  'index.html': '<!doctype html>\n<title>Hello</title>\n<h1>Hello, layers!</h1>\n',
  'nginx.conf': [
    'worker_processes auto;',
    'events { worker_connections 512; }',
    'http { server { listen 80; root /usr/share/nginx/html; } }',
    '',
  ].join('\n'),
  ...Object.fromEntries(scripts.map((name) => [name, `#!/bin/sh\n# ${name}\nset -e\nexit 0\n`])),
};

/**
 * Loads the lesson's four images into an engine, building them on this machine's first time.
 * @param {Parameters<typeof loadBuiltImages>[0]} engine
 * @returns {Promise<BuiltImages>}
 */
export async function ensureLessonImages(engine) {
  const built = await ensureLessonArchive();
  await loadBuiltImages(engine, built);
  return built;
}

/** The same, as the archive of one `docker save`. */
export async function ensureLessonArchive() {
  try {
    return await ensureBuiltImages({ name: 'lesson', module, files, make: makeWithNginx });
  } catch (error) {
    if (!/apt-get|nginx-light/.test(String(error))) throw error;
    say(
      'nginx cannot be installed in a build here: a stand-in with the same paths is the base of the lesson',
    );
    return ensureBuiltImages({ name: 'lesson-stand-in', module, files, make: makeWithStandIn });
  }
}

/** @param {Build} build */
function makeWithNginx(build) {
  return make(build, [
    'RUN apt-get update \\',
    ' && apt-get install --no-install-recommends -y nginx-light \\',
    ' && rm -rf /var/lib/apt/lists/* \\',
    ' && mkdir /docker-entrypoint.d',
  ]);
}

/** @param {Build} build */
function makeWithStandIn(build) {
  return make(build, [
    'RUN mkdir -p /etc/nginx /usr/share/nginx/html /usr/sbin /docker-entrypoint.d \\',
    ' && echo "events {}" > /etc/nginx/nginx.conf \\',
    ' && echo "<h1>Welcome to nginx!</h1>" > /usr/share/nginx/html/index.html \\',
    ' && ln -s /bin/sleep /usr/sbin/nginx',
  ]);
}

/** @param {Build} build @param {readonly string[]} install */
async function make({ docker, image }, install) {
  await docker(['import', '--change', 'CMD ["bash"]', await ensureDebianTar(), 'debian:bookworm']);
  await image(lessonNames.base, lines('FROM debian:bookworm', ...aboutNginx, ...install, ...startNginx));
  const index = 'COPY index.html /usr/share/nginx/html/index.html';
  const configuration = 'COPY nginx.conf /etc/nginx/nginx.conf';
  const command = 'CMD ["nginx", "-g", "daemon off;"]';
  const from = `FROM ${lessonNames.base}`;
  await image(lessonNames.hello, lines(from, index, command));
  await image(lessonNames.config, lines(from, index, configuration, command));
  await image(lessonNames.preConfig, lines(from, configuration, index, command));
  return Object.values(lessonNames);
}

const aboutNginx = ['LABEL maintainer="Lamina tests"', 'ENV NGINX_VERSION=1.22.1'];

const startNginx = [
  ...scripts.map((name) => `COPY ${name} /docker-entrypoint.d/`),
  'ENTRYPOINT ["/bin/sh", "-c", "exec \\"$0\\" \\"$@\\""]',
  'EXPOSE 80',
  'STOPSIGNAL SIGQUIT',
  'CMD ["nginx", "-g", "daemon off;"]',
];

/** @param {readonly string[]} all */
function lines(...all) {
  return `${all.join('\n')}\n`;
}
