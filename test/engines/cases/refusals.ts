import { equal, eventually, has } from '../page/expect.js';
import type { Fault } from '../server/wire.js';
import { type Case, withoutMemory } from './case.js';
import { putRow } from './rows.js';

const faults: [what: string, fault: Fault, code: string][] = [
  ['with one changed bit', { flipAt: 500 }, 'DECRYPTION_FAILED'],
  ['that is cut off', { endAfter: 500 }, 'DECRYPTION_FAILED'],
  ['without bytes', { endAfter: 0 }, 'PAYLOAD_INVALID'],
  ['that is an HTML page', { body: [...'<!doctype html>'].map((letter) => letter.charCodeAt(0)) }, 'PAYLOAD_INVALID'],
  ['whose connection breaks', { breakAfter: 500 }, 'FETCH_FAILED'],
  ['of HTTP status 500', { status: 500 }, 'FETCH_FAILED'],
];

export const refusals: Case[] = [
  ...faults.map(
    ([what, fault, code]): Case => ({
      title: `an answer ${what} is ${code}, nothing of it is cached, and a whole one shows afterwards`,
      async run({ control, openFrame }) {
        const { record, sha256 } = await control.save('brick.webp');
        const page = await openFrame();
        await page.start({});
        await control.suffer(fault);
        has(await page.get(record), { code });
        equal(await page.exists(record.id), false, 'cached');
        await control.suffer(null);
        has(await page.get(record), { sha256 });
      },
    }),
  ),

  {
    title: 'an answer that does not come is FETCH_TIMEOUT',
    async run({ control, openFrame }) {
      const { record } = await control.save('brick.webp');
      const page = await openFrame();
      await page.start({ fetchTimeout: 100 });
      await control.suffer({ holdAfter: 100 });
      has(await page.get(record), { code: 'FETCH_TIMEOUT' });
    },
  },

  {
    title: 'an expired proof is PROOF_INVALID, and a fresh record of the same image works',
    async run({ control, openFrame }) {
      const { record, sha256 } = await control.save('brick.webp');
      const page = await openFrame();
      await page.start({});
      await control.letTimePass(600_000);
      has(await page.get(record), { code: 'PROOF_INVALID' });
      const [fresh] = await control.records([record.id]);
      has(await page.get(fresh ?? record), { sha256 });
    },
  },

  {
    title: 'a deleted image is IMAGE_NOT_FOUND, and what the browser had of it goes',
    async run({ control, openFrame }) {
      const { record } = await control.save('brick.webp');
      const page = await openFrame();
      await page.start({});
      await page.get(record);
      await eventually(() => page.cachedIds(), [record.id]);
      const { record: last } = await control.update(record.id, 'camera.webp');
      await control.remove(record.id);
      has(await page.get(last), { code: 'IMAGE_NOT_FOUND' });
      await eventually(() => page.cachedIds(), []);
    },
  },

  {
    title: 'a cached image that does not decrypt any more is fetched anew, once',
    async run({ control, openFrame }) {
      const { record, sha256 } = await control.save('brick.webp');
      const page = await openFrame();
      await page.start(withoutMemory);
      await page.get(record);
      await eventually(() => page.cachedIds(), [record.id]);
      const [row] = (await page.readAll()).images ?? [];
      await putRow(page, { ...row, ciphertext: new page.window.Uint8Array(5000) });
      has(await page.get(record), { sha256 });
      await eventually(async () => {
        await page.get(record);
        return (await page.sources()).at(-1);
      }, 'disk');
    },
  },

  {
    title: 'without the network cached images show, others are FETCH_FAILED until it is back',
    async run({ control, openFrame }) {
      const cached = await control.save('brick.webp');
      const other = await control.save('camera.webp');
      const before = await openFrame();
      await before.start({});
      await before.get(cached.record);
      await eventually(() => before.cachedIds(), [cached.record.id]);
      await before.leave();
      await control.goOffline();
      const page = await openFrame();
      await page.start({});
      const both = await page.getAll([other.record, cached.record]);
      has(both[0] ?? {}, { code: 'FETCH_FAILED' });
      has(both[1] ?? {}, { sha256: cached.sha256 });
      await control.goOnline();
      has(await page.get(other.record), { sha256: other.sha256 });
    },
  },
];
