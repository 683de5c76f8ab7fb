import { connect } from 'node:net';
import { parseAnswers } from './raw-answers.mjs';

export interface RawAnswer {
  /** 0 when the server closed without an answer. */
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/**
 * Sends bytes as they are, which `fetch` and `node:http` would refuse or tidy up, and reads until the server closes.
 *
 * @param hangUp - close our side after sending: ends what the server would wait for
 */
export async function sendRaw(port: number, bytes: Uint8Array | string, hangUp = false): Promise<RawAnswer> {
  const [first] = await sendAll(port, bytes, hangUp);
  return first ?? { status: 0, headers: {}, body: Buffer.alloc(0) };
}

/** The same, for bytes that get more answers than one: all of them, in their order. */
export async function sendAll(port: number, bytes: Uint8Array | string, hangUp = false): Promise<RawAnswer[]> {
  const received = await new Promise<Buffer>((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => {
      if (hangUp) socket.end(bytes);
      else socket.write(bytes);
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {}); // a reset is an answer too; 'close' follows
    socket.on('close', () => resolve(Buffer.concat(chunks)));
  });
  return parseAnswers(received).map(({ status, headers, body }) => ({ status, headers, body }));
}

/** The bytes of a request with a target exactly as written; the server closes after the answer. */
export function requestBytes(method: string, target: string, headers: string[] = []): Buffer {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: images.test', 'Connection: close', ...headers];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** A request with a path exactly as written, on a connection of its own. */
export function sendRequest(port: number, method: string, target: string, headers: string[] = []): Promise<RawAnswer> {
  return sendRaw(port, requestBytes(method, target, headers));
}
