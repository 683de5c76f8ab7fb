import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { parseAnswers } from '../../support/raw-answers.mjs';

export interface Connection {
  socket: Socket;
  /** All that came so far, in answers. */
  answers(): ReturnType<typeof parseAnswers>;
  /** Resolves with the ms it was open, once the server has closed it, or it broke. */
  closed: Promise<number>;
}

/** A connection to misbehave on. It is gone when the test ends. */
export async function openConnection(port: number): Promise<Connection> {
  const chunks: Buffer[] = [];
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  onTestFinished(() => {
    socket.destroy();
  });
  const opened = performance.now();
  const closed = new Promise<number>((resolve) => {
    socket.once('end', () => resolve(performance.now() - opened));
    socket.once('close', () => resolve(performance.now() - opened));
  });
  socket.on('error', () => {}); // a reset is an end too
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve);
    socket.once('close', resolve);
  });
  socket.on('data', (chunk) => chunks.push(chunk));
  return { socket, answers: () => parseAnswers(Buffer.concat(chunks)), closed };
}

/** A good batch request: head and body in one piece. */
export function batchRequest(route: string, images: readonly unknown[], headers: readonly string[] = []): string {
  const body = JSON.stringify({ version: 1, images });
  return `${[`POST ${route} HTTP/1.1`, 'Host: images.test', `Content-Length: ${Buffer.byteLength(body)}`, ...headers].join('\r\n')}\r\n\r\n${body}`;
}

/** Sends text byte by byte, for as long as the server takes it. */
export function dribble({ socket }: Connection, text: string, everyMs = 30): void {
  let at = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || at >= text.length) return clearInterval(timer);
    socket.write(text.slice(at, at + 1));
    at += 1;
  }, everyMs);
  socket.once('close', () => clearInterval(timer));
  socket.once('end', () => clearInterval(timer));
}
