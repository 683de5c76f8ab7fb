import { once } from 'node:events';
import { WebSocket } from 'ws';

interface Answer {
  id?: number;
  type: 'success' | 'error' | 'event';
  result?: unknown;
  error?: string;
  message?: string;
}

/** Connects to a browser that speaks WebDriver BiDi. */
export async function connectBidi(address: string) {
  const socket = new WebSocket(address);
  await once(socket, 'open');
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  let count = 0;

  socket.on('message', (data) => {
    const { id = 0, type, result, error, message } = JSON.parse(String(data)) as Answer;
    const call = waiting.get(id);
    waiting.delete(id);
    if (type === 'success') call?.resolve(result);
    else if (type === 'error') call?.reject(new Error(`${error}: ${message}`));
  });
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('The browser closed the connection.'));
  });

  return {
    /** Sends a command and resolves with its result. */
    send<Result>(method: string, params: object): Promise<Result> {
      return new Promise((resolve, reject) => {
        count += 1;
        waiting.set(count, { resolve: (result) => resolve(result as Result), reject });
        socket.send(JSON.stringify({ id: count, method, params }));
      });
    },
    close: () => socket.close(),
  };
}
