import { spawn } from 'node:child_process';
import { throwIfAborted } from '../../base/abort.ts';
import { asObject, parseJson, textMember } from '../../oci/json.ts';
import type { Credential, CredentialProblem } from './credentials.ts';
import { redact } from './redact.ts';

/** Helpers may ask a person to unlock something. */
const timeoutMs = 60_000;
const maxOutput = 256 * 1024;

/** A part of a program's name that comes from a file: nothing that leads to another folder. */
const suffixGrammar = /^[A-Za-z0-9._-]{1,100}$/;
const notFound = 'credentials not found in native keychain';

export interface HelperPlace {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where it runs: never in a workspace. */
  readonly cwd: string;
}

/**
 * Asks a credential helper, by docker's protocol: `docker-credential-NAME get`, the registry on its input, JSON on its
 * output. Started without a shell. Undefined when it knows nothing, or fails, which is a problem.
 *
 * @throws EngineError `cancelled`.
 */
export async function askHelper(
  name: string,
  domain: string,
  place: HelperPlace,
  problems: CredentialProblem[],
  signal?: AbortSignal,
): Promise<Credential | undefined> {
  const tell = (code: CredentialProblem['code'], detail: string): void => {
    problems.push({ code, subject: name.slice(0, 100), detail });
  };
  if (!suffixGrammar.test(name)) {
    tell('helper-invalid', 'its name is not that of a credential helper');
    return undefined;
  }
  const { output, failure } = await run(`docker-credential-${name}`, serverOf(domain), place, signal);
  throwIfAborted(signal, domain);
  const said = output.trim();
  const credential = failure === undefined ? toCredential(output) : undefined;
  if (failure !== undefined && said !== notFound)
    // Helpers say what is wrong on their output.
    tell('helper-failed', redact(`${failure}: ${said.slice(0, 200)}`));
  if (failure === undefined && credential === undefined) tell('helper-failed', 'its answer cannot be read');
  return credential;
}

function serverOf(domain: string): string {
  return domain === 'docker.io' ? 'https://index.docker.io/v1/' : domain;
}

function toCredential(output: string): Credential | undefined {
  const answer = answerOf(output);
  const username = textMember(answer, 'Username') ?? '';
  const secret = textMember(answer, 'Secret');
  if (secret === undefined) return undefined;
  if (username === '<token>') return { kind: 'identity-token', token: secret };
  return { kind: 'basic', username, password: secret };
}

function answerOf(output: string) {
  try {
    return asObject(parseJson(Buffer.from(output), 'helper', 'config').value) ?? {};
  } catch {
    return {};
  }
}

interface HelperOutcome {
  readonly output: string;
  readonly failure?: string;
}

function run(
  program: string,
  input: string,
  { environment, cwd }: HelperPlace,
  signal: AbortSignal | undefined,
): Promise<HelperOutcome> {
  return new Promise((resolve) => {
    const child = spawn(program, ['get'], {
      cwd,
      env: environment,
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      windowsHide: true,
      ...(signal !== undefined && { signal }),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (failure?: string): void => {
      const output = Buffer.concat(chunks).toString('utf8');
      resolve({ output, ...(failure !== undefined && { failure }) });
    };
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxOutput) chunks.push(chunk);
      else child.kill('SIGKILL');
    });
    child.on('error', ({ message }) => {
      end(message);
    });
    child.on('close', (code, by) => {
      end(
        size > maxOutput ? 'it says too much' : code === 0 ? undefined : `it ended with ${code ?? by ?? '?'}`,
      );
    });
    // One that ends without reading breaks the pipe, which its answer explains better.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
