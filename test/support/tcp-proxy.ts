import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Between a client and a server on this machine: a network that can be cut, and lead elsewhere. */
export interface TcpProxy {
  readonly port: number;
  /** Where connections lead to from now on. */
  lead(port: number): void;
  /** Cuts all connections; new ones are made as before. */
  cut(): void;
  /** No connection is made until `mend`, and those that are there are cut. */
  part(): void;
  mend(): void;
  /**
   * What becomes of the next pieces that travel: `lose` cuts the connection in place of handing one on, `hold` keeps it
   * for ever, and bytes travel in its place. Undefined: all arrive.
   */
  onPiece: ((to: 'server' | 'client', piece: Buffer) => 'pass' | 'lose' | 'hold' | Buffer) | undefined;
  close(): Promise<void>;
}

export async function startTcpProxy(target: number): Promise<TcpProxy> {
  let leadsTo = target;
  let isParted = false;
  const sockets = new Set<Socket>();
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };

  const server = createServer((client) => {
    if (isParted) return client.destroy();
    const upstream = connect(leadsTo, '127.0.0.1');
    const both = [client, upstream];
    const end = () => {
      for (const socket of both) socket.destroy();
    };
    for (const socket of both) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    const relay = (from: Socket, to: Socket, side: 'server' | 'client') =>
      from.on('data', (piece) => {
        const fate = proxy.onPiece?.(side, piece) ?? 'pass';
        if (fate === 'lose') end();
        else if (fate !== 'hold') to.write(fate === 'pass' ? piece : fate);
      });
    relay(client, upstream, 'server');
    relay(upstream, client, 'client');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    onPiece: undefined,
    lead(port) {
      leadsTo = port;
    },
    cut,
    part() {
      isParted = true;
      cut();
    },
    mend() {
      isParted = false;
    },
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
