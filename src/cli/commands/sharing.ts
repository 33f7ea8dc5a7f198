import { familiarName, type Image, type SharingReport } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { jsonOption, platformOption } from '../commonOptions.ts';
import type { ExitCode } from '../exitCode.ts';
import { printJson } from '../printJson.ts';
import type { OpenedImage } from '../openImage.ts';
import type { Session } from '../session.ts';
import { printSharing } from '../sharingText.ts';

export const sharing: Command = {
  name: 'sharing',
  usage: 'IMAGE…',
  summary: 'show which layers images share, and what each image adds',
  details: [
    'SHARED and UNIQUE are those of `docker system df -v` with the classic store: a layer is shared when all below it',
    'is the same too. By content it is shared wherever it lies. In the table of layers, `=` is a layer that docker',
    'shares, `~` one that another image has elsewhere, and `+` one that no other image has.',
  ],
  options: [platformOption, jsonOption],
  positionals: { min: 1, max: Infinity },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const opened: OpenedImage[] = [];
  for (const name of args.positionals) opened.push(await session.openImage(name));
  const images = opened.map(({ image }) => image);
  const options = { ...session.callOptions, usesEngineSizes: await areCounted(opened) };
  const report = await (await session.engine()).sharing(images, options);
  const names = images.map((image, at) => nameOf(image, args.positionals[at] ?? ''));
  session.progress.clear();
  if (args.isOn('json')) await printJson(session.out, reportObject(report, names));
  else await printSharing(session.out, report, names);
  await session.out.flush();
  return session.warn(images.flatMap(({ problems }) => problems));
}

/** Whether an engine has counted them all as docker's classic store counts. */
async function areCounted(opened: readonly OpenedImage[]): Promise<boolean> {
  for (const { inEngine } of opened) {
    if (inEngine === undefined) return false;
    if ((await inEngine.connection.client.capabilities()).imageStore !== 'classic') return false;
  }
  return true;
}

/** The one of its names that it was asked for by; else what was typed, where it has several. */
function nameOf({ names }: Image, typed: string): string {
  const familiar = names.map(familiarName);
  const asked = familiar.find((name) => typed.endsWith(name) || typed.endsWith(name.replace(/:latest$/, '')));
  return asked ?? (familiar.length === 1 ? familiar[0] : undefined) ?? typed;
}

function reportObject(report: SharingReport, names: readonly string[]): Readonly<Record<string, unknown>> {
  return {
    ...report,
    images: report.images.map(({ image, ...bytes }, at) => ({
      name: names[at],
      id: image.imageId ?? null,
      ...bytes,
    })),
  };
}
