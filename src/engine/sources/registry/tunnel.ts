import * as http from 'node:http';
import * as https from 'node:https';
import type { Duplex } from 'node:stream';
import { EngineError } from '../../base/errors.ts';
import { bareHost } from './network.ts';
import { portOf, proxyAuthorization } from './proxy.ts';

const timeoutMs = 20_000;

/** Keeps connections to hosts behind a proxy that it asks to `CONNECT` (RFC 9110, 9.3.6); TLS runs inside. */
export function tunnelAgent(proxy: URL, options: https.AgentOptions): https.Agent {
  const agent = new https.Agent(options);
  const secure = agent.createConnection.bind(agent);
  // Not a class of its own: node:https takes long to load, and most processes never go through a proxy.
  agent.createConnection = (target: https.RequestOptions, callback) => {
    openTunnel(proxy, target.hostname ?? target.host ?? '', Number(target.port ?? 443)).then(
      (socket) => {
        const secured = secure({ ...target, socket } as https.RequestOptions);
        if (secured) callback?.(null, secured);
      },
      (error: unknown) => {
        (callback as ((error: unknown) => void) | undefined)?.(error);
      },
    );
    return undefined;
  };
  return agent;
}

/** @throws EngineError `unreachable` when the proxy does not let us through; the system's error when it is not there. */
function openTunnel(proxy: URL, host: string, port: number): Promise<Duplex> {
  const target = `${host.includes(':') ? `[${bareHost(host)}]` : host}:${port}`;
  const authorization = proxyAuthorization(proxy);
  const request = (proxy.protocol === 'https:' ? https : http).request({
    hostname: bareHost(proxy.hostname),
    port: portOf(proxy),
    method: 'CONNECT',
    path: target,
    agent: false,
    timeout: timeoutMs,
    headers: { Host: target, ...(authorization !== undefined && { 'Proxy-Authorization': authorization }) },
  });
  return new Promise((resolve, reject) => {
    request.once('connect', (response, socket) => {
      if (response.statusCode === 200) resolve(socket);
      else reject(refused(proxy, response.statusCode ?? 0, socket));
    });
    request.once('timeout', () => request.destroy(silent(proxy)));
    request.once('error', reject);
    request.end();
  });
}

function refused(proxy: URL, status: number, socket: Duplex): EngineError {
  socket.destroy();
  return new EngineError('unreachable', proxy.host, `the proxy answers ${status}`);
}

function silent(proxy: URL): EngineError {
  return new EngineError('unreachable', proxy.host, 'the proxy does not answer');
}
