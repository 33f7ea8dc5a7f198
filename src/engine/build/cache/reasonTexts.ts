import type { ReasonCode, StepReason } from './cacheReport.ts';

/** A reason with its text, from what it says otherwise. */
export function toReason(facts: Omit<StepReason, 'text'>, more?: string): StepReason {
  return { ...facts, text: more ?? textOf(facts) };
}

function textOf(facts: Omit<StepReason, 'text'>): string {
  const { subject = '', before, after } = facts;
  const values = before === undefined && after === undefined ? '' : `: ${shown(before)} → ${shown(after)}`;
  const [what, hasSubject] = texts[facts.code];
  return `${what}${hasSubject && subject !== '' ? ` ${subject}` : ''}${values}`;
}

function shown(value: string | undefined): string {
  if (value === undefined) return 'not set';
  const line = value.split('\n')[0] ?? '';
  const isWhole = line === value && line.length <= mostShown;
  return isWhole ? JSON.stringify(line) : `${JSON.stringify(line.slice(0, mostShown))}…`;
}

const mostShown = 60;

/** Whether the subject stands behind the text. */
const texts: Record<ReasonCode, readonly [text: string, hasSubject: boolean]> = {
  found: ['nothing that counts has changed since it was made', false],
  'found-in-image': ['an image has what this step would make', true],
  'stage-output': ['cached if what it reads comes out as it was, of', true],
  'never-built': ['no build that was seen has made this step', false],
  'text-changed': ['the instruction changed', false],
  'argument-changed': ['a build argument changed', true],
  'environment-changed': ['the environment changed', true],
  'user-changed': ['the user changed', false],
  'directory-changed': ['the working directory changed', false],
  'shell-changed': ['the shell changed', false],
  'network-changed': ['the network changed', false],
  'mount-changed': ['a mount changed', true],
  'destination-changed': ['the destination changed', false],
  'flag-changed': ['a flag changed', true],
  'option-changed': ['an option of the build changed', true],
  'files-changed': ['files changed', false],
  'base-changed': ['the base image changed', true],
  'step-above': ['a step above is made again', false],
  'not-cached-asked': ['the build is asked not to use the cache', false],
  'no-longer-listed': ['the builder does not have it any more', false],
  'order-changed': ['the order of steps changed', false],
  'same-size-and-time': ['files changed, but not their size and time: the builder will not see it', false],
  'not-compared': ['something changed that the builder does not compare', false],
  'base-not-asked': ['the base image is not known', true],
  'list-not-readable': ['the list of what the builder has could not be read', false],
  'remote-cache': ['an imported cache could not be read', true],
  'remote-source': ['what is fetched may have changed', true],
  'frontend-newer': ['the Dockerfile asks for a newer frontend than Lamina knows', true],
  'not-understood': ['this build is not understood', true],
  'no-evidence': ['no build of this Dockerfile has been seen', false],
  'evidence-not-readable': ['what the builder tells of earlier builds could not be read', false],
  'not-shown': ['what is known of its last build does not show whether it is the same', false],
  'changed-since': ['changed after the last build, and no layer shows what it was:', true],
  'layers-being-read': ['the layers of the image that it made are being read', false],
  'no-builder': ['there is no builder', false],
  'context-unreadable': ['not to be read in the context', true],
  invalid: ['the builder refuses this instruction', false],
  metadata: ['metadata: no layer', false],
  'global-argument': ['an argument for FROM', false],
  base: ['the base image', true],
  'root-directory': ['the root directory is always there', false],
  'stage-not-needed': ['the target does not need this stage', false],
};
