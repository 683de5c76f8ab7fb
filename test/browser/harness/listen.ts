import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of a test, on a free port of the loopback interface. */
export interface Listening {
  port: number;
  origin: string;
  close(): Promise<void>;
}

export function listen(server: Server): Promise<Listening> {
  return listening(server.listen(0, '127.0.0.1'));
}

/** The same for a server that was told already where to listen. */
export async function listening(server: Server): Promise<Listening> {
  if (!server.listening) await new Promise<void>((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
