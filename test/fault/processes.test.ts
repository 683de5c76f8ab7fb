import { fileURLToPath } from 'node:url';
import { createPixstoreBackend } from 'pixstore/backend';
import { describe, expect, test } from 'vitest';
import { hashOf, openPayload } from './kill/picture.mjs';
import { backendOf } from './kill/settings.mjs';
import { startNode } from './support/program.mjs';
import { quickFolder } from './support/quick-folder.js';

const rival = fileURLToPath(new URL('programs/rival.mjs', import.meta.url));
const changes = 150;

/** Starts processes that begin at the same time. */
function startRivals(folder: string, names: readonly string[], changesEach: number, hear: (words: string[]) => void) {
  const rivals = names.map((name) => startNode([rival, folder, name, String(changesEach)]));
  let ready = 0;
  return Promise.all(
    rivals.map(async ({ lines, ended }) => {
      for await (const line of lines) {
        if (line === 'ready') ready += 1;
        else hear(line.split(' '));
        if (line === 'ready' && ready === rivals.length) for (const { send } of rivals) send('go');
      }
      return ended;
    }),
  );
}

const well = { code: 0, signal: null, complaint: '' };

describe('several processes on one store', () => {
  test('may make it, and open it again, at the same time, and it is the latest copy of itself', async () => {
    for (let round = 0; round < 3; round += 1) {
      const folder = await quickFolder();
      for (let start = 0; start < 2; start += 1) {
        const endings = await startRivals(folder, ['a', 'b', 'c', 'd', 'e', 'f'], 0, () => {});
        expect(endings).toEqual(endings.map(() => well));
      }
      const backend = createPixstoreBackend(backendOf(folder));
      expect(await backend.health()).toEqual({ status: 'ok', problems: [] });
      await backend.close();
    }
  });

  test('lose no update of each other, see all at once, and never hear that it is busy', async () => {
    const folder = await quickFolder();
    const reader = createPixstoreBackend(backendOf(folder));
    /** Of each image: the version that a change replaced, or `older`, and the one that it put in its place. */
    const steps = new Map<string, { from: string; to: string }[]>();
    const hashes = new Map<string, string>();
    const stale: string[] = [];

    const endings = await startRivals(folder, ['a', 'b', 'c'], changes, ([word, id = '', first = '', second = '']) => {
      if (word === 'put') steps.set(id, [...(steps.get(id) ?? []), { from: first, to: second }]);
      if (word === 'done') {
        hashes.set(`${id}@${first}`, second);
        if (Number(reader.getImageRecord(id)?.token) < Number(first)) stale.push(`${id}@${first}`);
      }
    });
    expect(endings).toEqual([well, well, well]);
    expect(stale).toEqual([]);
    expect(hashes.size).toBe(3 * changes);

    for (const [id, put] of steps) {
      const inOrder = put.sort((a, b) => Number(a.to) - Number(b.to));
      // Each change took the place of the version that the one before it had put: none was lost, none was repeated.
      const before = ['null', ...inOrder.slice(0, -1).map(({ to }) => to)];
      expect(inOrder.map(({ from }, index) => (from === 'older' ? before[index] : from))).toEqual(before);
      expect(new Set(before).size).toBe(before.length);
      const record = reader.getImageRecord(id);
      expect(String(record?.token)).toBe(inOrder.at(-1)?.to);
      const payload = await reader.customEndpointHelper(id, undefined, record?.statelessProof);
      expect(hashOf(openPayload(payload as Uint8Array).image)).toBe(hashes.get(`${id}@${record?.token}`));
    }
    await reader.close();
  });
});
