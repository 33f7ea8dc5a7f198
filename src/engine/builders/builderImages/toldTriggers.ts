import type { ImageHistory } from '../../build/classic/builderImage.ts';

/**
 * The triggers of an image by its history, for an engine that does not tell them. An image that was made on it has done
 * them first, and has them no more: where something like the first of them was done since, it cannot be told.
 *
 * @param form of the image: buildah keeps no trigger in an image of OCI's form that it makes, and writes into its history
 * what that was made on.
 */
export function toldTriggers(
  history: readonly ImageHistory[],
  form: 'oci' | 'docker',
): readonly string[] | undefined {
  const texts = history
    .map(({ createdBy, comment }) => ({ text: createdBy.replace(/^.*?#\(nop\) */s, '').trim(), comment }))
    .filter(({ text, comment }) => form === 'docker' || !trigger.test(text) || !comment.startsWith('FROM '))
    .map(({ text }) => text);
  const first = texts.findIndex((text) => trigger.test(text));
  const triggers = texts.flatMap((text) => trigger.exec(text)?.[1] ?? []);
  // In a Dockerfile an instruction may be written in any case.
  const oldest = triggers[0]?.replace(/^\w+/, (keyword) => keyword.toUpperCase());
  if (oldest === undefined) return [];
  const wasDone = texts.slice(first).some((text) => !trigger.test(text) && didOf(text) === didOf(oldest));
  return wasDone ? undefined : triggers;
}

const trigger = /^ONBUILD +(.*?)(?: # buildkit)?$/s;

/** Commands of RUN stand in histories by themselves. */
function didOf(text: string): string {
  return (
    /^(?:ADD|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR|ARG)(?= )/.exec(
      text,
    )?.[0] ?? 'RUN'
  );
}
