import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { jsonLinesOption, jsonOption } from '../commonOptions.ts';
import { containerHeading, containerObject, containerRow } from '../containerRows.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import { printFailure } from '../failure.ts';
import { printJsonList, wantsJson } from '../printJson.ts';
import type { Session } from '../session.ts';
import { printTable } from '../table.ts';

export const containers: Command = {
  name: 'containers',
  usage: '',
  summary: 'list the containers of the store, oldest first',
  options: [{ name: 'quiet', short: 'q', help: 'only IDs' }, jsonOption, jsonLinesOption],
  positionals: { min: 0, max: 0 },
  run,
};

/** What can be read is listed, whatever is wrong with the others. */
async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const { out, host } = session;
  const { containers: found, damaged } = await (await session.engine()).containers.list();
  if (wantsJson(args)) await printJsonList(out, args, found.map(containerObject));
  else if (args.isOn('quiet')) for (const { id } of found) await out.line(id);
  else
    await printTable(
      out,
      containerHeading,
      found.map((config) => containerRow(config, host.now())),
    );
  await out.flush();
  let code: ExitCode = exitCode.done;
  for (const { failure } of damaged) code = await printFailure(host.stderr, failure, session.isVerbose);
  return code;
}
