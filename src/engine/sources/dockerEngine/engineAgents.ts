import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import { type DialOptions, dialEngine } from './dialEngine.ts';
import type { EngineEndpoint } from './endpoint.ts';
import type { DialProgram } from './sshCommand.ts';

export interface ConnectionOptions {
  /** 10 s when left out; ssh has its own patience. */
  readonly connectMs?: number;
  /** `ssh` in PATH when left out. */
  readonly sshProgram?: string;
}

/** Idle connections end after so long; for a connection of ssh, whose beginning is dear, it is longer. */
const idleMs = 15_000;
const idleSshMs = 120_000;

/** node:http's connections to one engine: kept for reading, and fresh for what must not be sent twice. */
export class EngineAgents {
  readonly #kept: Agent;
  readonly #fresh: Agent;
  #farProgram: DialProgram = 'docker';

  constructor(endpoint: EngineEndpoint, options: ConnectionOptions) {
    const fixed: Omit<DialOptions, 'farProgram'> = {
      connectMs: options.connectMs ?? 10_000,
      sshProgram: options.sshProgram ?? 'ssh',
      onNoFarProgram: (missing) => {
        this.#farProgram = missing === 'docker' ? 'podman' : 'docker';
      },
    };
    const dial = (): Duplex => dialEngine(endpoint, { ...fixed, farProgram: this.#farProgram });
    this.#kept = engineAgent(dial, endpoint.kind === 'ssh' ? idleSshMs : idleMs);
    // A process and a handshake for each click would be too dear.
    this.#fresh = endpoint.kind === 'ssh' ? this.#kept : engineAgent(dial);
  }

  /** What the next connection of ssh starts over there: a far side without docker may have Podman. */
  get farProgram(): DialProgram {
    return this.#farProgram;
  }

  forMethod(method: string): Agent {
    return method === 'GET' || method === 'HEAD' ? this.#kept : this.#fresh;
  }

  destroy(): void {
    this.#kept.destroy();
    this.#fresh.destroy();
  }
}

/** Not a class of its own: node:http takes long to load, and many processes never ask an engine. */
function engineAgent(dial: () => Duplex, keptMs?: number): Agent {
  const agent = new Agent(
    keptMs === undefined ? { keepAlive: false } : { keepAlive: true, maxFreeSockets: 4, timeout: keptMs },
  );
  agent.createConnection = dial;
  return agent;
}
