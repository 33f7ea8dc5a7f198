import { buildImage, type BuiltImage } from '../../support/buildImage.ts';

/** A base with a page of its own, overwritten by one layer and removed by another; a small form of the lesson. */
export function lessonImage(name = 'docker.io/library/hello-nginx:latest'): BuiltImage {
  return buildImage(
    [
      {
        'etc/': { type: 'dir' },
        'etc/motd': 'hello\n',
        'etc/hostname': { content: 'sample\n', mode: 0o640, uid: 7, gid: 8, mtime: 1_700_000_000 },
        'etc/os-release': { type: 'symlink', link: '/usr/lib/os-release' },
        'etc/dangling': { type: 'symlink', link: 'nowhere' },
        'etc/loop': { type: 'symlink', link: 'loop' },
        'usr/lib/os-release': 'NAME=sample\n',
        'usr/share/nginx/html/index.html': '<p>base</p>\n',
        'dev/fifo': { type: 'fifo' },
        bin: { type: 'symlink', link: 'usr/bin' },
        'usr/bin/tool': { content: Buffer.from([0, 1, 2, 3]), mode: 0o755 },
      },
      { 'usr/share/nginx/html/index.html': '<p>hello</p>\n', 'etc/.wh.motd': '' },
      { 'etc/nginx/nginx.conf': 'events {}\n' },
    ],
    {
      names: [name],
      history: [
        { created: '2025-01-01T00:00:00Z', created_by: '/bin/sh -c #(nop) ADD file:0123 in / ' },
        { created: '2025-01-01T00:00:00Z', created_by: 'ENV A=1', empty_layer: true },
        { created: '2025-01-01T00:00:00Z', created_by: 'LABEL x=y', empty_layer: true },
        {
          created: '2025-01-02T00:00:00Z',
          created_by: 'COPY index.html /usr/share/nginx/html/index.html # buildkit',
          comment: 'buildkit.dockerfile.v0',
        },
        { created: '2025-01-02T00:00:00Z', created_by: 'COPY nginx.conf /etc/nginx/nginx.conf # buildkit' },
        { created: '2025-01-02T00:00:00Z', created_by: 'CMD ["nginx"]', empty_layer: true },
      ],
    },
  );
}
