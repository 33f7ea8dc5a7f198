import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessFigures {
  readonly milliseconds: number;
  /**
   * The most memory that the process and all it started held at one time: proportional shares, so that what several
   * of them map counts once. Undefined where the system does not tell.
   */
  readonly peakBytes: number | undefined;
  readonly code: number | null;
  readonly stdout: string;
}

export interface ProcessOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Keeps what is printed; else it goes nowhere. */
  readonly keepOutput?: boolean;
  readonly watchMemory?: boolean;
}

const samplingMs = 25;

/** Runs a program to its end. What it says on stderr is shown only when it fails. */
export async function measureProcess(
  program: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessFigures> {
  const started = performance.now();
  const output = options.keepOutput === true ? 'pipe' : 'ignore';
  const child = spawn(program, args, {
    env: options.env,
    cwd: options.cwd,
    stdio: ['ignore', output, 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  let peak = 0;
  const sample = (): void => {
    if (child.pid !== undefined) peak = Math.max(peak, treeMemory(child.pid));
  };
  const timer = options.watchMemory === true ? setInterval(sample, samplingMs) : undefined;
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const milliseconds = performance.now() - started;
  clearInterval(timer);
  if (code !== 0)
    console.error(`${program} ${args.join(' ')} ended with ${String(code)}\n${stderr.slice(0, 2000)}`);
  return { milliseconds, peakBytes: peak === 0 ? undefined : peak, code, stdout };
}

/** The shortest of several runs: what else the machine does only ever adds. */
export async function fastest(times: number, run: () => Promise<ProcessFigures>): Promise<ProcessFigures> {
  let best = await run();
  for (let i = 1; i < times; i++) {
    const next = await run();
    if (next.milliseconds < best.milliseconds) best = next;
  }
  return best;
}

/** Proportional memory of a process and all below it (proc(5), `smaps_rollup`). */
function treeMemory(root: number): number {
  const children = new Map<number, number[]>();
  for (const name of process.platform === 'linux' ? readdirSync('/proc') : []) {
    const parent = /^\d+$/.test(name) ? parentOf(name) : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const sum = (pid: number): number =>
    proportionalMemory(pid) + (children.get(pid) ?? []).reduce((total, child) => total + sum(child), 0);
  return sum(root);
}

function parentOf(pid: string): number | undefined {
  // The name of a program may hold spaces and brackets; what follows the last bracket is fixed.
  const stat = readText(`/proc/${pid}/stat`);
  const field = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
  return field === undefined ? undefined : Number(field);
}

function proportionalMemory(pid: number): number {
  const match = /^Pss:\s+(\d+) kB/m.exec(readText(`/proc/${pid}/smaps_rollup`) ?? '');
  return Number(match?.[1] ?? 0) * 1024;
}

/** Undefined for a process that has ended meanwhile. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
