import { given, numberOf, objectOf, textOf } from './answerFields.ts';
import type { ContainerPathStat } from './engineApi.ts';

/** The header `X-Docker-Container-Path-Stat`, base64 of JSON; undefined when it is none. */
export function parsePathStat(header: string | readonly string[] | undefined): ContainerPathStat | undefined {
  if (typeof header !== 'string') return undefined;
  try {
    const json = objectOf(JSON.parse(Buffer.from(header, 'base64').toString('utf8')));
    return {
      name: textOf(json['name']) ?? '',
      sizeBytes: numberOf(json['size']) ?? 0,
      goMode: numberOf(json['mode']) ?? 0,
      modified: textOf(json['mtime']) ?? '',
      ...given('linkTarget', textOf(json['linkTarget'])),
    };
  } catch {
    return undefined;
  }
}
