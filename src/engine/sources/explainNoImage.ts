import type { FilesPort } from '../archive/filesPort.ts';
import { isEngineError } from '../base/errors.ts';

/** Says what files without an image are instead, in words that follow "PATH: ". */
export async function explainNoImage(files: FilesPort): Promise<string> {
  const names = await listNames(files);
  const what = files.kind === 'directory' ? 'a folder' : 'a tar';
  if (names === undefined) return `it is ${what} without manifest.json and index.json`;
  if (isOldDockerArchive(names))
    return 'it is an archive of Docker 1.9 or older, which has no manifest.json; load it with Docker 1.10 to 28 and save it again';
  if (files.problems.some(({ code }) => code === 'archive-truncated'))
    return 'the archive is cut short, before its manifest.json or index.json';
  if (names.length === 0) return `it is ${what} without any file, not an image`;
  if (names.some(isBlob)) return 'it has blobs but neither manifest.json nor index.json';
  if (looksLikeLayer(names))
    return `it is a layer or a root file system (it holds ${examples(names)}), not an image: it has no manifest.json and no index.json`;
  return `it is ${what} without manifest.json and index.json, not an image (it holds ${examples(names)})`;
}

async function listNames(files: FilesPort): Promise<readonly string[] | undefined> {
  try {
    return (await files.list()).map(({ name }) => name);
  } catch (error) {
    if (isEngineError(error, 'limit-exceeded')) return undefined;
    throw error;
  }
}

function isOldDockerArchive(names: readonly string[]): boolean {
  return (
    names.some((name) => /^[a-f0-9]{64}\/layer\.tar$/.test(name)) &&
    names.some((name) => name.endsWith('/json'))
  );
}

function isBlob(name: string): boolean {
  return /^blobs\/sha(?:256|512)\/[a-f0-9]+$/.test(name);
}

const rootFolders = /^(?:bin|boot|dev|etc|home|lib|lib64|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)\//;

function looksLikeLayer(names: readonly string[]): boolean {
  return names.some((name) => rootFolders.test(name) || /(?:^|\/)\.wh\./.test(name));
}

function examples(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => name.slice(0, 60));
  return names.length > shown.length ? `${shown.join(', ')} …` : shown.join(', ');
}
