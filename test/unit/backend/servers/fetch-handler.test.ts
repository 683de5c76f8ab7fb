import { describe, expect, test, vi } from 'vitest';
import { fetchHandler } from '../../../../src/backend/servers/fetch-handler.js';
import type { Endpoint } from '../../../../src/backend/serving/endpoint.js';
import { createPace, type Paced } from '../../../../src/backend/serving/pace.js';
import { binaryReply } from '../../../../src/backend/serving/reply.js';

/** A handler of answers with three pieces, which notes what is let go of. */
function withReply(patience = 60_000) {
  const pace = createPace(patience);
  const letGo: string[] = [];
  async function* pieces() {
    try {
      for (let piece = 0; piece < 3; piece += 1) yield Uint8Array.of(piece);
    } finally {
      letGo.push('body');
    }
  }
  const handle: Endpoint['handle'] = () => {
    let paced: Paced | undefined;
    let isHeld = true;
    return binaryReply(pieces(), 3, [], {
      begin(connection, end) {
        paced = pace.watch(connection, end);
      },
      took: (bytes) => paced?.took(bytes),
      next: (body) => body.next(),
      done() {
        paced?.stop();
        if (isHeld) letGo.push('slot');
        isHeld = false;
      },
    });
  };
  const handler = fetchHandler({ handle } as Endpoint, { requestOf: (request: Request) => request });
  return {
    letGo,
    ask: (signal?: AbortSignal) => handler(new Request('http://images.test/a', signal ? { signal } : {})),
  };
}

describe('an answer to a fetch request lets go of what it stands on', () => {
  test('when it was read to its end', async () => {
    const { letGo, ask } = withReply();
    expect([...new Uint8Array(await (await ask()).arrayBuffer())]).toEqual([0, 1, 2]);
    expect(letGo).toEqual(['body', 'slot']);
  });

  test('when its reader has had enough', async () => {
    const { letGo, ask } = withReply();
    const reader = (await ask()).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(letGo.sort()).toEqual(['body', 'slot']);
  });

  test('when its client hangs up', async () => {
    const { letGo, ask } = withReply();
    const client = new AbortController();
    const reader = (await ask(client.signal)).body?.getReader();
    await reader?.read();
    client.abort();
    expect(letGo).toContain('slot');
    await expect(reader?.read()).rejects.toThrow();
    await vi.waitFor(() => expect(letGo.sort()).toEqual(['body', 'slot']));
  });

  test('when nobody reads on, or ever began to', async () => {
    const { letGo, ask } = withReply(20);
    const begun = (await ask()).body?.getReader();
    await begun?.read();
    await ask();
    // Of the one that nobody began to read, only the slot was taken.
    await vi.waitFor(() => expect(letGo.sort()).toEqual(['body', 'slot', 'slot']));
    await expect(begun?.read()).rejects.toThrow('Nobody has read on for too long.');
  });
});
