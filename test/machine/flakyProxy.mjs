// A proxy of ours between a client and a real server, on TCP or a unix socket: it counts what passes, and hinders it
// as told: slow, late, stalled, cut after so many bytes, or refused.
import { createConnection, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Transform } from 'node:stream';

/**
 * @typedef {import('node:net').Socket} Socket
 *
 * @typedef {{ host: string, port: number } | { path: string }} Target
 *
 * @typedef {object} Fault
 * @property {number} [cutAfterAnswered] cuts a connection when the server has sent so many bytes through it
 * @property {number} [cutAfterAsked] cuts a connection when the client has sent so many bytes through it
 * @property {number} [times] how many connections are cut; all, unless said
 * @property {number} [delayMs] before the first byte of each connection passes to the server
 * @property {number} [bytesPerSecond] in each direction of each connection
 * @property {boolean} [refuse] closes every new connection at once
 * @property {boolean} [stalled] passes nothing on until the next `setFault`
 *
 * @typedef {object} Traffic
 * @property {number} connections
 * @property {number} open
 * @property {number} cut
 * @property {number} asked bytes from clients
 * @property {number} answered bytes from the server
 *
 * @typedef {object} FlakyProxy
 * @property {string} host `127.0.0.1:PORT`; empty on a unix socket
 * @property {number} port
 * @property {Readonly<Traffic>} traffic goes on counting
 * @property {() => Traffic} snapshot what was counted until now
 * @property {(fault?: Fault) => void} setFault for what comes from now on; without one, all passes as it is
 * @property {() => void} cutAll cuts every connection that is open
 * @property {() => Promise<void>} stop
 */

/**
 * @param {Target} target
 * @param {{ fault?: Fault, socket?: string }} [options] `socket` listens on that path instead of a port
 * @returns {Promise<FlakyProxy>}
 */
export async function startFlakyProxy(target, { fault = {}, socket } = {}) {
  /** @type {Traffic} */
  const traffic = { connections: 0, open: 0, cut: 0, asked: 0, answered: 0 };
  /** @type {State} */
  const state = { fault: { ...fault }, traffic, target };
  /** @type {Set<Socket>} */
  const clients = new Set();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    clients.add(client);
    client.once('close', () => clients.delete(client));
    void connect(client, state);
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    if (socket) server.listen(socket, () => resolve(undefined));
    else server.listen(0, '127.0.0.1', () => resolve(undefined));
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const cutAll = () => clients.forEach(reset);
  return {
    ...{ host: port ? `127.0.0.1:${port}` : '', port, traffic, cutAll },
    snapshot: () => ({ ...traffic }),
    setFault: (next = {}) => {
      state.fault = { ...next };
    },
    stop: () =>
      new Promise((resolve) => {
        cutAll();
        server.close(() => resolve());
      }),
  };
}

/** @typedef {{ fault: Fault, readonly traffic: Traffic, readonly target: Target }} State */

/**
 * @param {Socket} client @param {State} state
 */
async function connect(client, state) {
  const { traffic, fault } = state;
  traffic.connections++;
  client.on('error', () => undefined);
  if (fault.refuse) return reset(client);
  traffic.open++;
  client.once('close', () => traffic.open--);
  if (fault.delayMs) await sleep(fault.delayMs);
  const server = createConnection({ ...state.target, allowHalfOpen: true });
  server.on('error', () => reset(client));
  client.once('close', () => server.destroy());
  client.pipe(passing(state, 'asked', 'cutAfterAsked', client)).pipe(server);
  server.pipe(passing(state, 'answered', 'cutAfterAnswered', client)).pipe(client);
}

/**
 * What passes in one direction of one connection.
 * @param {State} state
 * @param {'asked' | 'answered'} counter
 * @param {'cutAfterAsked' | 'cutAfterAnswered'} limit
 * @param {Socket} client
 */
function passing(state, counter, limit, client) {
  let passed = 0;
  return new Transform({
    /** @param {Buffer} bytes */
    async transform(bytes, _encoding, done) {
      const room = Math.max(0, (state.fault[limit] ?? Infinity) - passed);
      const isCut = bytes.length > room && takeCut(state.fault);
      for (const piece of pieces(isCut ? bytes.subarray(0, room) : bytes, state.fault)) {
        while (state.fault.stalled && !client.destroyed) await sleep(20);
        if (state.fault.bytesPerSecond) await sleep((piece.length / state.fault.bytesPerSecond) * 1000);
        passed += piece.length;
        state.traffic[counter] += piece.length;
        this.push(piece);
      }
      if (!isCut) return done();
      state.traffic.cut++;
      // What was let through arrives before the connection ends.
      setTimeout(reset, 20, client);
    },
  });
}

/**
 * As much as passes in a twentieth of a second.
 * @param {Buffer} bytes @param {Fault} fault
 * @returns {Generator<Buffer, void>}
 */
function* pieces(bytes, { bytesPerSecond = Infinity }) {
  const size = Math.max(1, Math.ceil(bytesPerSecond / 20));
  if (size >= bytes.length) return yield bytes;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** @param {Fault} fault */
function takeCut(fault) {
  return fault.times === undefined || fault.times-- > 0;
}

/** @param {Socket} socket */
function reset(socket) {
  // Only TCP knows resets.
  if (socket.remoteAddress) socket.resetAndDestroy();
  else socket.destroy();
}
