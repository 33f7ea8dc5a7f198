import type { LayerLiteral } from './buildImage.ts';
import { Random } from './random.ts';
import type { TarEntrySpec } from './tarBytes.ts';

/*
 * The layers of the bundled sample: a small stand-in for a Debian base with nginx on it, at the paths the real one
 * has. All text is written for Lamina; the programs are noise, so the images can be looked at and loaded, not run.
 */

const baseTime = Date.UTC(2025, 8, 29) / 1000;
const nginxTime = Date.UTC(2025, 9, 8, 22, 7, 12) / 1000;
const lessonTime = Date.UTC(2025, 10, 3, 9, 30) / 1000;

/** `ADD rootfs.tar.xz /`: the distribution. */
export const distributionLayer: LayerLiteral = [
  ...directories(
    'boot dev etc etc/apt etc/apt/sources.list.d etc/default home media mnt opt proc root run run/lock',
  ),
  ...directories(
    'srv sys usr usr/bin usr/lib usr/lib/x86_64-linux-gnu usr/local usr/local/bin usr/sbin usr/share',
  ),
  ...directories(
    'usr/share/doc usr/share/doc/base-files usr/share/doc/tzdata usr/share/man usr/share/man/man1',
  ),
  ...directories(
    'var var/cache var/cache/apt var/lib var/lib/apt var/lib/apt/lists var/lib/dpkg var/log var/spool',
  ),
  { name: 'tmp', type: 'dir', mode: 0o1777, mtime: baseTime },
  link('bin', 'usr/bin'),
  link('lib', 'usr/lib'),
  link('sbin', 'usr/sbin'),
  link('var/run', '/run'),
  link('etc/mtab', '/proc/self/mounts'),
  link('etc/os-release', '../usr/lib/os-release'),
  text('etc/apt/sources.list.d/debian.sources', 'Types: deb\nSuites: bookworm\nComponents: main\n'),
  text('etc/debian_version', '12.12\n'),
  text('etc/default/useradd', 'SHELL=/bin/sh\n'),
  text('etc/fstab', '# Nothing is mounted here by itself.\n'),
  text('etc/group', 'root:x:0:\ndaemon:x:1:\nadm:x:4:\nwww-data:x:33:\nnogroup:x:65534:\n'),
  text('etc/hostname', 'sample\n'),
  text('etc/motd', 'A small root file system, made to be looked at with Lamina.\n'),
  text('etc/passwd', passwd()),
  { name: 'etc/shadow', content: 'root:*:20360::::::\n', mode: 0o640, gid: 42, mtime: baseTime },
  text('root/.profile', 'PS1="# "\n'),
  program('usr/bin/bash', 36_000),
  program('usr/bin/cat', 9_000),
  program('usr/bin/ls', 12_000),
  program('usr/bin/perl', 30_000),
  { name: 'usr/bin/perl5.36.0', type: 'hardlink', link: 'usr/bin/perl', mode: 0o755, mtime: baseTime },
  link('usr/bin/sh', 'bash'),
  { ...program('usr/bin/su', 8_000), mode: 0o4755 },
  program('usr/lib/x86_64-linux-gnu/libc.so.6', 60_000),
  program('usr/lib/x86_64-linux-gnu/libz.so.1.2.13', 14_000),
  link('usr/lib/x86_64-linux-gnu/libz.so.1', 'libz.so.1.2.13'),
  text('usr/lib/os-release', osRelease()),
  program('usr/sbin/ldconfig', 10_000),
  text('usr/share/doc/base-files/README', 'These papers are not needed to serve a page.\n'.repeat(40)),
  text('usr/share/doc/tzdata/changelog', 'Summer time moved again.\n'.repeat(60)),
  text('usr/share/man/man1/ls.1', '.TH LS 1\n.SH NAME\nls \\- list what a directory holds\n'.repeat(20)),
  text(
    'var/lib/dpkg/status',
    packageList(['base-files', 'bash', 'coreutils', 'libc6', 'perl-base', 'tzdata', 'zlib1g']),
  ),
];

/** `RUN … apt-get install nginx …`: adds the server, rewrites the package list, removes the papers. */
export const installLayer: LayerLiteral = [
  ...directories(
    'etc etc/nginx etc/nginx/conf.d usr usr/lib usr/lib/nginx usr/lib/nginx/modules usr/sbin',
    nginxTime,
  ),
  ...directories(
    'usr/share usr/share/doc usr/share/nginx usr/share/nginx/html var var/cache var/cache/nginx',
    nginxTime,
  ),
  ...directories('var/lib var/lib/dpkg var/log var/log/nginx', nginxTime),
  text(
    'etc/group',
    'root:x:0:\ndaemon:x:1:\nadm:x:4:\nwww-data:x:33:\nnginx:x:101:\nnogroup:x:65534:\n',
    nginxTime,
  ),
  text('etc/nginx/conf.d/default.conf', defaultSite(), nginxTime),
  text('etc/nginx/mime.types', mimeTypes(), nginxTime),
  link('etc/nginx/modules', '/usr/lib/nginx/modules', nginxTime),
  text('etc/nginx/nginx.conf', baseConfiguration(), nginxTime),
  text('etc/passwd', `${passwd()}nginx:x:101:101:web server:/nonexistent:/bin/false\n`, nginxTime),
  program('usr/lib/nginx/modules/ngx_http_image_filter_module.so', 12_000, nginxTime),
  program('usr/sbin/nginx', 70_000, nginxTime),
  text('usr/share/doc/.wh.base-files', '', nginxTime),
  text('usr/share/doc/.wh.tzdata', '', nginxTime),
  text(
    'usr/share/nginx/html/50x.html',
    page('An error occurred', 'The page cannot be served at the moment.'),
    nginxTime,
  ),
  text(
    'usr/share/nginx/html/index.html',
    page('Welcome to nginx!', 'The web server is here. It waits for a page of yours.'),
    nginxTime,
  ),
  text(
    'var/lib/dpkg/status',
    packageList(['base-files', 'bash', 'coreutils', 'libc6', 'nginx', 'perl-base', 'tzdata', 'zlib1g']),
    nginxTime,
  ),
  link('var/log/nginx/access.log', '/dev/stdout', nginxTime),
  link('var/log/nginx/error.log', '/dev/stderr', nginxTime),
];

/** The four start-up scripts, a COPY each. */
export const scriptLayers: readonly LayerLiteral[] = [
  [script('docker-entrypoint.sh', 'for step in /docker-entrypoint.d/*.sh; do "$step"; done\nexec "$@"\n')],
  entrypointStep('10-listen-on-ipv6-by-default.sh', 'test -f /proc/net/if_inet6 || exit 0\n'),
  entrypointStep('20-envsubst-on-templates.sh', 'test -d /etc/nginx/templates || exit 0\n'),
  entrypointStep('30-tune-worker-processes.sh', 'test -n "$WORKER_PROCESSES_AUTOTUNE" || exit 0\n'),
];

/** `COPY index.html /usr/share/nginx/html/index.html`, with its parents as BuildKit writes them. */
export const pageLayer: LayerLiteral = [
  ...directories('usr usr/share usr/share/nginx usr/share/nginx/html', nginxTime),
  text(
    'usr/share/nginx/html/index.html',
    page('Hello from a layer', 'This page lies over the one of the base image.'),
    lessonTime,
  ),
];

/** `COPY nginx.conf /etc/nginx/nginx.conf`. */
export const configurationLayer: LayerLiteral = [
  ...directories('etc etc/nginx', nginxTime),
  text('etc/nginx/nginx.conf', lessonConfiguration(), lessonTime),
];

/** `RUN rm /etc/nginx/conf.d/default.conf`. */
export const removalLayer: LayerLiteral = [
  ...directories('etc etc/nginx', nginxTime),
  ...directories('etc/nginx/conf.d', lessonTime + 60),
  text('etc/nginx/conf.d/.wh.default.conf', '', lessonTime + 60),
];

export const times = {
  base: iso(baseTime),
  nginx: iso(nginxTime),
  lesson: iso(lessonTime),
  removal: iso(lessonTime + 60),
};

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

function directories(names: string, mtime = baseTime): readonly TarEntrySpec[] {
  return names.split(' ').map((name) => ({ name, type: 'dir', mtime }));
}

function text(name: string, content: string, mtime = baseTime): TarEntrySpec {
  return { name, content, mtime };
}

function link(name: string, target: string, mtime = baseTime): TarEntrySpec {
  return { name, type: 'symlink', link: target, mtime };
}

function script(name: string, body: string): TarEntrySpec {
  return { name, content: `#!/bin/sh\nset -e\n${body}`, mode: 0o755, mtime: nginxTime };
}

function entrypointStep(name: string, body: string): LayerLiteral {
  return [...directories('docker-entrypoint.d', nginxTime), script(`docker-entrypoint.d/${name}`, body)];
}

/** Noise behind the first bytes of an ELF file. */
function program(name: string, size: number, mtime = baseTime): TarEntrySpec {
  const noise = new Random(size).bytes(size - 8);
  return {
    name,
    content: Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01\0', 'latin1'), noise]),
    mode: 0o755,
    mtime,
  };
}

function passwd(): string {
  return 'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nwww-data:x:33:33::/var/www:/bin/false\n';
}

function osRelease(): string {
  return 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n';
}

function packageList(names: readonly string[]): string {
  return names
    .map((name) => `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\n`)
    .join('\n');
}

function page(title: string, line: string): string {
  return `<!doctype html>\n<html lang="en">\n<head><title>${title}</title></head>\n<body>\n<h1>${title}</h1>\n<p>${line}</p>\n</body>\n</html>\n`;
}

function defaultSite(): string {
  return 'server {\n    listen 80;\n    server_name localhost;\n    root /usr/share/nginx/html;\n    error_page 500 502 503 504 /50x.html;\n}\n';
}

function baseConfiguration(): string {
  return `user nginx;
worker_processes auto;
pid /run/nginx.pid;

events {
    worker_connections 1024;
}

http {
    include /etc/nginx/mime.types;
    access_log /var/log/nginx/access.log;
    keepalive_timeout 65;
    include /etc/nginx/conf.d/*.conf;
}
`;
}

function lessonConfiguration(): string {
  return `user nginx;
worker_processes 2;
pid /run/nginx.pid;

events {
    worker_connections 256;
}

http {
    include /etc/nginx/mime.types;
    access_log /var/log/nginx/access.log;
    keepalive_timeout 15;
    gzip on;

    server {
        listen 8080;
        root /usr/share/nginx/html;
    }
}
`;
}

function mimeTypes(): string {
  const types =
    'text/html html htm;text/css css;text/plain txt;image/png png;image/svg+xml svg;font/woff2 woff2';
  const more =
    'application/javascript js;application/json json;application/wasm wasm;application/pdf pdf;video/mp4 mp4';
  const lines = `${types};${more}`.split(';').map((line) => `    ${line};`);
  return `types {\n${lines.join('\n')}\n}\n`;
}
