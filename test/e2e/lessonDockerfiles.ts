// The lesson's Dockerfiles, each in a folder with what it copies, for tests and pictures.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DockerEngine } from '../machine/dockerEngine.mjs';
import { tempDir } from '../support/tempDir.ts';

type Files = Readonly<Record<string, string | readonly string[]>>;

/** @returns the folder, whose name may be seen. */
export function writeLessonFolder(): string {
  const folder = join(tempDir().path, 'lesson');
  writeFiles(folder, lesson);
  return folder;
}

/** What the Python ones begin with: installing takes a moment, and needs no network. */
export async function buildLessonBase({ docker }: DockerEngine): Promise<void> {
  const folder = tempDir().path;
  writeFiles(folder, standIn);
  await docker(['build', '-t', 'python:latest', folder]);
}

const python: Files = {
  'requirements.txt': ['flask==3.1'],
  'app.py': ['print("hello")'],
  'notes.txt': ['not for the image'],
  '.dockerignore': ['.dockerignore'],
};

const page: Files = { 'index.html': ['<!doctype html>', '<title>Hello</title>', '<h1>Hello, layers!</h1>'] };
const pageAndConfig: Files = { ...page, 'nginx.conf': ['events {}', 'http { server { listen 80; } }'] };
const copyPage = 'COPY index.html /usr/share/nginx/html/index.html';
const copyConfig = 'COPY nginx.conf /etc/nginx/nginx.conf';
const serve = 'CMD ["nginx", "-g", "daemon off;"]';

const lesson: Files = {
  ...below('hello', { ...page, Dockerfile: ['FROM nginx:latest', copyPage, serve] }),
  ...below('config', { ...pageAndConfig, Dockerfile: ['FROM nginx:latest', copyPage, copyConfig, serve] }),
  ...below('pre-config', {
    ...pageAndConfig,
    Dockerfile: ['FROM nginx:latest', copyConfig, copyPage, serve],
  }),
  ...below('python', {
    ...python,
    Dockerfile: [
      'FROM python:latest',
      'WORKDIR /app',
      'COPY . .',
      'RUN pip install -r requirements.txt',
      'CMD ["python", "app.py"]',
    ],
  }),
  ...below('python-late', {
    ...python,
    Dockerfile: [
      'FROM python:latest',
      'WORKDIR /app',
      'COPY requirements.txt .',
      'RUN pip install -r requirements.txt',
      'COPY . .',
      'CMD ["python", "app.py"]',
    ],
  }),
  ...below('passed-over', {
    'a.txt': ['a'],
    'b.txt': ['b'],
    Dockerfile: [
      'FROM nginx:latest',
      'COPY --exclude=b.txt *.txt /texts/',
      'COPY --parents a.txt /parents/',
      'RUN <<END',
      'echo hello > /hello',
      'END',
    ],
  }),
  ...below('stages', {
    'main.txt': ['main'],
    Dockerfile: [
      'FROM nginx:latest AS build',
      'COPY main.txt /w/',
      'FROM nginx:latest',
      'COPY --from=build /w /w',
    ],
  }),
  'argument/Dockerfile': ['FROM nginx:latest', 'ARG VERSION=1', 'RUN echo $VERSION > /version'],
  'failing/Dockerfile': ['FROM nginx:latest', 'RUN echo nothing to be done for this && false'],
};

const standIn: Files = {
  Dockerfile: ['FROM nginx:latest', 'COPY --chmod=755 pip /usr/local/bin/pip'],
  pip: [
    '#!/bin/sh',
    'echo "Collecting flask"',
    'sleep 1',
    'mkdir -p /usr/lib/python3/dist-packages/flask',
    'head -c 2000000 /dev/zero > /usr/lib/python3/dist-packages/flask/app.py',
  ],
};

function below(folder: string, files: Files): Files {
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content]));
}

function writeFiles(folder: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : `${content.join('\n')}\n`);
  }
}
