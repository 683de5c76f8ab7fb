import { expect, test } from 'vitest';
import { readChunks, readWhole } from '../../../../src/frontend/network/read-body.js';

/** An answer that comes in these chunks. */
function answerOf(...chunks: number[][]): Response {
  return new Response(
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(Uint8Array.from(chunk));
        controller.close();
      },
    }),
  );
}

/** What is left of an answer where there are no streams. */
function withoutStream(bytes: number[]): Response {
  const response = new Response(Uint8Array.from(bytes));
  return { body: null, arrayBuffer: () => response.arrayBuffer() } as Response;
}

test('chunks are handed out as they come in, and without a stream all at once', async () => {
  const chunks: number[][] = [];
  await readChunks(answerOf([1, 2], [], [3]), (chunk) => void chunks.push([...chunk]));
  expect(chunks).toEqual([[1, 2], [], [3]]);
  await readChunks(withoutStream([4]), (chunk) => void chunks.push([...chunk]));
  expect(chunks.at(-1)).toEqual([4]);
});

test.each([
  ['one chunk', [[1, 2, 3]]],
  ['many', [[1], [2, 3], [], [4, 5, 6]]],
  ['none', []],
])('the whole of %s is all bytes in their order, with progress by chunk', async (_, chunks) => {
  let told = 0;
  const whole = await readWhole(answerOf(...chunks), () => {
    told += 1;
  });
  expect([...whole]).toEqual(chunks.flat());
  expect(told).toBe(chunks.length);
});

test('without a stream the whole comes at once', async () => {
  expect([...(await readWhole(withoutStream([1, 2, 3]), () => {}))]).toEqual([1, 2, 3]);
});

test('a body that breaks off fails with what broke it', async () => {
  const error = new TypeError('terminated');
  const broken = new Response(new ReadableStream({ pull: (controller) => controller.error(error) }));
  await expect(readWhole(broken, () => {})).rejects.toBe(error);
});
