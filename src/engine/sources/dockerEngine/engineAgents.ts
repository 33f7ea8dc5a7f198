import { Agent, type AgentOptions } from 'node:http';
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

/** `timeout` is when an idle connection ends. */
const keptOptions: AgentOptions = { keepAlive: true, maxFreeSockets: 4, timeout: 15_000 };

/** Its beginning is dear, and sshd refuses who begins many at once (`MaxStartups`). */
const sshOptions: AgentOptions = { keepAlive: true, maxFreeSockets: 2, maxSockets: 8, timeout: 120_000 };

/** node:http's connections to one engine: kept for reading, and fresh for what must not be sent twice. */
export class EngineAgents {
  readonly #kept: Agent;
  readonly #fresh: Agent;
  /** Begins a connection that no request of node:http uses: for another protocol. */
  readonly dial: () => Duplex;
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
    this.dial = dial;
    const isSsh = endpoint.kind === 'ssh';
    this.#kept = engineAgent(dial, isSsh ? sshOptions : keptOptions);
    // Of ssh, a process and a handshake for each click would be too dear.
    this.#fresh = isSsh ? this.#kept : engineAgent(dial, { keepAlive: false });
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
function engineAgent(dial: () => Duplex, options: AgentOptions): Agent {
  const agent = new Agent(options);
  agent.createConnection = dial;
  return agent;
}
