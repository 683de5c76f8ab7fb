import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { ImageRecord } from '../../../src/types/index.js';
import { schema2 } from '../../support/schema-2.js';
import { openPayload } from '../kill/picture.mjs';
import { startNode } from './program.mjs';

const program = fileURLToPath(new URL('../programs/instance.mjs', import.meta.url));
const modules = { old: join(schema2, 'pixstore/backend.js'), new: 'pixstore/backend' };

/** What became of one image of the load. */
export type Event =
  | { did: 'save'; id: string; name: string; length: number }
  | { did: 'fail'; id: string; code: string };

type Answer = { number: number; result?: unknown; code?: string };

/** A process with a backend of the version that had schema 2, or of today; ended with the test. */
export async function startInstance(version: 'old' | 'new', folder: string, options: object = {}) {
  const { lines, send, kill, ended } = startNode([program, modules[version], folder, JSON.stringify(options)]);
  onTestFinished(kill);
  const waiting = new Map<number, (answer: Answer) => void>();
  const events: Event[] = [];
  let onEvent = () => {};
  let sent = 0;
  let isReady = () => {};
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  lines.on('line', (line) => {
    const message: Event | Answer | { ready: true } = JSON.parse(line);
    if ('ready' in message) isReady();
    else if ('did' in message) {
      events.push(message);
      onEvent();
    } else waiting.get(message.number)?.(message);
  });
  void ended.then((ending) => {
    for (const answer of waiting.values()) answer({ number: 0, code: `it ended: ${JSON.stringify(ending)}` });
  });

  /** @throws {Error} whose message is the code that the call failed with */
  async function ask<Result>(call: string, ...args: unknown[]): Promise<Result> {
    const number = ++sent;
    const { code, result } = await new Promise<Answer>((resolve) => {
      waiting.set(number, resolve);
      send(JSON.stringify({ number, call, args }));
    });
    waiting.delete(number);
    if (code !== undefined) throw new Error(code);
    return result as Result;
  }

  await ready;
  return {
    ask,
    /** What the call failed with; null when it did its work. */
    failure: (call: string, ...args: unknown[]) =>
      ask(call, ...args).then(
        () => null,
        (error: Error) => error.message,
      ),
    records: (ids: readonly string[]) => ask<(ImageRecord | null)[]>('records', ids),
    /** The image that a request with this record gets. @throws {Error} when it gets something else */
    async image(record: ImageRecord): Promise<Buffer> {
      return openPayload(Buffer.from(await ask<string>('request', record), 'base64')).image;
    },
    /** The state of the answer. */
    state: async (record: ImageRecord) => Buffer.from(await ask<string>('request', record), 'base64')[0],
    events,
    /** Resolves once so many events are there that this is true of. */
    until: (count: number, isOne: (event: Event) => boolean) =>
      new Promise<void>((resolve) => {
        onEvent = () => {
          if (events.filter(isOne).length >= count) resolve();
        };
        onEvent();
      }),
    kill,
    ended,
  };
}

export type Instance = Awaited<ReturnType<typeof startInstance>>;
