import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { newKey, oldKey } from '../../support/keys.js';
import { hashOf, openPayload } from '../kill/picture.mjs';
import { createLedger } from '../support/ledger.mjs';
import { startNode } from '../support/program.mjs';
import { expectFinished, expectWhole, filledPlace, routine } from './works.js';

const program = fileURLToPath(new URL('./rival.mjs', import.meta.url));
// More of them, for whoever looks for what happens once in a thousand times.
const changes = process.env.PIXSTORE_RIVAL_CHANGES ?? '60';
const thirdKey = Buffer.alloc(32, 9).toString('hex');

test('processes that all exchange the master key, and save, update, delete and erase meanwhile, lose nothing', async () => {
  const place = await filledPlace();
  const keys = [oldKey, newKey, thirdKey];
  const ledger = createLedger();
  const rivals = ['a', 'b', 'c'].map((name, index) => {
    // Each has another key for what is new.
    const masterKeys = keys.map((_, at) => keys[(at + index) % keys.length]);
    return {
      name,
      victim: startNode([program, JSON.stringify(place.settings), masterKeys.join(), name, changes]),
    };
  });
  let exchanges = 0;
  const damages: string[] = [];
  let ready = 0;
  await Promise.all(
    rivals.map(async ({ victim }) => {
      for await (const line of victim.lines) {
        const [word, id = '', value = ''] = line.split(' ');
        if (word === 'ready' && ++ready === rivals.length) for (const each of rivals) each.victim.send('go');
        if (word === 'exchange') exchanges += 1;
        if (word === 'damaged') damages.push(line);
        if (word === 'try') ledger.try(id, value === '-' ? null : value);
        if (word === 'done') ledger.acknowledge(id);
      }
      const { code, complaint } = await victim.ended;
      expect(complaint).toBe('');
      expect(code).toBe(0);
    }),
  );

  const backend = place.open(keys);
  for (const id of ledger.ids()) {
    const record = backend.getImageRecord(id);
    const payload = record && (await backend.customEndpointHelper(id, undefined, record.statelessProof));
    const damage = ledger.settle(id, payload ? hashOf(openPayload(payload as Uint8Array).image) : null);
    if (damage) damages.push(`${damage} ${id}`);
  }
  console.log(`exchanges: ${exchanges}, changes: ${ledger.acknowledged()}, lost or torn: ${damages.length}`);
  expect(damages).toEqual([]);
  expect(exchanges).toBeGreaterThan(10);
  expect((await expectWhole(backend, 'some of many')).length).toBe(7);
  for (const dir of ['shared', 'common', 'own-a', 'own-b', 'own-c']) await backend.deleteImages(dir);
  for (const id of ledger.ids()) if (!id.includes(':')) await backend.deleteImage(id);
  for await (const _ of backend.rotateMasterKey({ compromised: true }));
  await backend.close();
  await expectFinished(place, { ...routine, keyAfter: oldKey });
});
