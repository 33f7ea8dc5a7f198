import { createServer, type Server } from 'node:net';

/** Something at an address, which answers nothing and counts who came. */
export interface SilentListener {
  readonly server: Server;
  readonly connections: () => number;
}

/** At a socket, or at a port of its own. */
export async function startSilentListener(socket?: string): Promise<SilentListener> {
  let count = 0;
  const server = createServer((connection) => {
    count++;
    connection.destroy();
  });
  await new Promise<void>((resolve) => {
    if (socket === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(socket, resolve);
  });
  return { server, connections: () => count };
}
