import { dockerSize } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { jsonOption } from '../commonOptions.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import { printJson } from '../printJson.ts';
import type { Session } from '../session.ts';

export const gc: Command = {
  name: 'gc',
  usage: '',
  summary: 'remove from the store what no image needs',
  options: [{ name: 'dry-run', help: 'only say what would go' }, jsonOption],
  positionals: { min: 0, max: 0 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const isDryRun = args.isOn('dry-run');
  const { store } = await session.engine();
  const report = await store.collectGarbage({ ...session.callOptions, isDryRun });
  const { out } = session;
  if (args.isOn('json')) await printJson(out, { ...report, dryRun: isDryRun });
  else {
    for (const { digest, size } of report.removed) await out.line(`${digest} ${dockerSize(size)}`);
    const verb = isDryRun ? 'would be removed' : 'removed';
    await out.line(
      `${report.removed.length} blobs, ${dockerSize(report.bytes)}, ${verb}; ${report.kept} kept`,
    );
  }
  await out.flush();
  return exitCode.done;
}
