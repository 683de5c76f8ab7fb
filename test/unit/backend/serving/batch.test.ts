import { describe, expect, test } from 'vitest';
import { batchFrames } from '../../../../src/backend/serving/batch.js';
import type { Turn } from '../../../../src/backend/serving/hot-reads.js';
import { type Answer, bareAnswer } from '../../../../src/backend/serving/image-answer.js';
import { createFrameDecoder } from '../../../../src/shared/protocol/batch.js';
import { WirePayloadState } from '../../../../src/shared/protocol/states.js';

function ready(length: number, fill: number): Answer {
  return { state: WirePayloadState.Success, length, pieces: [new Uint8Array(length).fill(fill)] };
}

/** A large answer of which nothing has been read yet, and whether it was closed. */
function unread(chunks: number) {
  const state = { closed: false, read: 0 };
  const rest = {
    async *chunks() {
      for (; state.read < chunks; state.read += 1) yield new Uint8Array(100).fill(state.read);
    },
    async close() {
      state.closed = true;
    },
  } as unknown as NonNullable<Answer['rest']>;
  const answer: Answer = { state: 0, length: 1 + chunks * 100, pieces: [Uint8Array.of(0)], rest };
  return { answer, state };
}

async function read(frames: AsyncIterable<Uint8Array>) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of frames) chunks.push(chunk);
  return { payloads: createFrameDecoder()(Buffer.concat(chunks)), chunks: chunks.length };
}

describe('the frames of a batch', () => {
  test('come in the order of the entries, whichever is ready first', async () => {
    const slow = new Promise<Answer>((resolve) => setImmediate(() => resolve(ready(3, 1))));
    const answers = [slow, ready(2, 2), bareAnswer(WirePayloadState.NotFound), ready(4, 3)];
    const { payloads } = await read(batchFrames([0, 1, 2, 3], (entry) => answers[entry as number] as Answer));
    expect(payloads.map((payload) => [...payload])).toEqual([[1, 1, 1], [2, 2], [2], [3, 3, 3, 3]]);
  });

  test.each([1, 1_000, 16_384, 16_385, 65_532, 200_000])('are whole when payloads have %i bytes', async (length) => {
    const entries = Array.from({ length: 7 }, (_, index) => index);
    const { payloads } = await read(batchFrames(entries, (entry) => ready(length, entry as number)));
    expect(payloads).toHaveLength(7);
    payloads.forEach((payload, index) => {
      expect(payload.length).toBe(length);
      expect(payload.every((byte) => byte === index)).toBe(true);
    });
  });

  test('share their pieces when they are small', async () => {
    const entries = Array.from({ length: 256 }, (_, index) => index);
    expect((await read(batchFrames(entries, () => ready(1, 0)))).chunks).toBe(1);
  });

  test('that are ready are sent while another is waited for', async () => {
    let finish = (_: Answer) => {};
    const pending = new Promise<Answer>((resolve) => {
      finish = resolve;
    });
    const frames = batchFrames([0, 1], (entry) => (entry === 0 ? ready(5, 7) : pending));
    const first = await frames.next();
    const payloads = createFrameDecoder()(first.value as Uint8Array);
    expect(payloads.map((payload) => [...payload])).toEqual([[7, 7, 7, 7, 7]]);
    finish(ready(1, 1));
    expect((await frames.next()).done).toBe(false);
    expect((await frames.next()).done).toBe(true);
  });

  test('of large images are read in pieces, and only a few answers are made ahead', async () => {
    const images = Array.from({ length: 20 }, () => unread(3));
    let asked = 0;
    const frames = batchFrames(images, (entry) => {
      asked += 1;
      return (entry as (typeof images)[number]).answer;
    });
    await frames.next();
    expect(asked).toBeLessThanOrEqual(4);
    const { payloads } = await read(frames);
    expect(payloads.length).toBeGreaterThan(0);
    expect(asked).toBe(20);
    expect(images.every(({ state }) => state.read === 3)).toBe(true);
  });

  test('that nobody waits for any more are let go at once, also those made ahead', async () => {
    const images = Array.from({ length: 6 }, () => unread(3));
    const started: typeof images = [];
    const frames = batchFrames(images, async (entry) => {
      started.push(entry as (typeof images)[number]);
      return (entry as (typeof images)[number]).answer;
    });
    await frames.next();
    await frames.return(undefined);
    expect(started.length).toBeGreaterThan(1);
    expect(started.every(({ state }) => state.closed)).toBe(true);
  });

  test('of a store that looks up together what is asked for together are begun together', async () => {
    const entries = Array.from({ length: 100 }, (_, index) => index);
    const begun: number[] = [];
    const frames = batchFrames(
      entries,
      async (entry) => {
        begun.push(entry as number);
        return ready(2_000, entry as number);
      },
      64,
    );
    const counts = new Set<number>();
    for await (const _ of frames) counts.add(begun.length);
    expect([...counts]).toEqual([64, 100]);
    expect(begun).toEqual(entries);
  });

  test('that are begun together are read a few at a time, each in its turn', async () => {
    const entries = Array.from({ length: 50 }, (_, index) => index);
    let reading = 0;
    let most = 0;
    const answer = async (entry: unknown, turn: Turn) => {
      expect(await turn()).toBe(true);
      reading += 1;
      most = Math.max(most, reading);
      await nextTurn();
      reading -= 1;
      return ready(30_000, entry as number);
    };
    const { payloads } = await read(batchFrames(entries, answer, 64));
    expect(payloads.map(([byte]) => byte)).toEqual(entries);
    expect(most).toBeLessThanOrEqual(4);
  });

  test('that nobody waits for any more never get their turn', async () => {
    const wanted: boolean[] = [];
    const answer = async (entry: unknown, turn: Turn) => {
      wanted[entry as number] = await turn();
      return ready(100_000, 0);
    };
    const frames = batchFrames([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], answer, 64);
    await frames.next();
    await frames.return(undefined);
    expect(wanted[0]).toBe(true);
    expect(wanted.slice(-4)).toEqual([false, false, false, false]);
  });
});

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
