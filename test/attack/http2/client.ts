import { type ClientHttp2Session, type ClientHttp2Stream, connect, type SessionOptions } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import type { Victim } from '../victim/start-victim.mjs';
import { expectCalm, withPicture } from '../victim/with-victim.js';

/** A backend behind a server of the application's own that speaks HTTP/2, with a photo. */
export function withHttp2(config: Record<string, unknown> = {}, bytes?: Uint8Array) {
  return withPicture({ handler: 'http2', ...config }, bytes);
}

export interface Session extends ClientHttp2Session {
  /** Breaks the connection without a word. */
  cutOff(): void;
}

/** A connection to misbehave on. It is gone when the test ends. */
export async function openSession(port: number, options: SessionOptions = {}): Promise<Session> {
  const socket = connectSocket(port, '127.0.0.1');
  const session = connect(`http://127.0.0.1:${port}`, { ...options, createConnection: () => socket });
  session.on('error', () => {});
  onTestFinished(() => session.destroy());
  await new Promise<void>((resolve) => session.once('remoteSettings', () => resolve()));
  return Object.assign(session, { cutOff: () => void socket.resetAndDestroy() });
}

/** Sends a request, or the beginning of one that has a body still to come. */
export function ask(session: ClientHttp2Session, target: string, method = 'GET', body?: string): ClientHttp2Stream {
  const stream = session.request(
    { ':path': target, ':method': method },
    { endStream: method === 'GET' || method === 'HEAD' },
  );
  stream.on('error', () => {});
  if (body !== undefined) stream.end(body);
  return stream;
}

/** The whole answer. */
export function answerOf(stream: ClientHttp2Stream): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let status = 0;
    stream.on('response', (headers) => {
      status = headers[':status'] ?? 0;
    });
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => resolve({ status, body: Buffer.concat(chunks) }));
    stream.on('error', reject);
  });
}

/** Is a good request of somebody else answered with the picture, here and now? */
export async function expectHttp2Service(victim: Victim, target: string): Promise<void> {
  const session = await openSession(victim.port);
  const { status, body } = await answerOf(ask(session, target));
  expect([status, body[0]]).toEqual([200, 0]);
  session.destroy();
}

/** Nothing that the attack opened stays open, others are served, and a line of the table of attacks is printed. */
export async function expectNothingHeld(name: string, victim: Victim, target: string, asked: number): Promise<void> {
  await expectHttp2Service(victim, target);
  await expectCalm(victim);
  const { answers, bytes } = await victim.open();
  console.log(`${name}: ${asked} asked for, ${answers} answers and ${bytes} bytes held afterwards`);
}
