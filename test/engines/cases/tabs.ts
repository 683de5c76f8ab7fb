import { equal, eventually, has } from '../page/expect.js';
import { type Case, withoutMemory } from './case.js';

export const tabs: Case[] = [
  {
    title: 'two tabs share the disk cache',
    async run({ control, openTab }) {
      const { record, sha256 } = await control.save('retina.jpg');
      const [one, two] = [await openTab(), await openTab()];
      await one.start({});
      await two.start({});
      await one.get(record);
      await eventually(() => one.cachedIds(), [record.id]);
      has(await two.get(record), { sha256 });
      equal(await two.sources(), ['disk']);
    },
  },

  {
    title: 'an image that one tab deletes leaves the memory of the other, and the disk of both',
    async run({ control, openTab }) {
      const { record } = await control.save('brick.webp');
      const { record: other } = await control.save('camera.webp');
      const [one, two] = [await openTab(), await openTab()];
      await one.start({});
      await two.start({});
      await one.getAll([record, other]);
      await eventually(async () => (await two.cachedIds()).length, 2);
      equal(await two.forget(record.id), true, 'it was there');
      await eventually(() => one.exists(record.id), false, 'it is there for the other');
      equal(await one.exists(other.id), true, 'another image is there');
    },
  },

  {
    title: 'a logout in one tab empties memory and disk of the other, and ends what is on its way there',
    async run({ control, openTab, openFrame }) {
      const { record } = await control.save('brick.webp');
      const { record: onItsWay } = await control.save('camera.webp');
      const { record: later } = await control.save('coffee.webp');
      const [one, two] = [await openTab(), await openTab()];
      await one.start({});
      await two.start({});
      await one.get(record);
      await eventually(() => one.cachedIds(), [record.id]);
      await control.suffer({ holdAfter: 0, times: 1 });
      const picture = one.get(onItsWay);
      await eventually(async () => (await control.requests()).length, 2);
      await two.clear();
      await eventually(() => one.exists(record.id), false, 'it is there for the other');
      await control.release();
      has(await picture, { code: 'CACHE_CLEARED' });
      // Once what was fetched afterwards is on disk, the early one would be there too.
      await one.get(later);
      await eventually(async () => (await one.cachedIds()).includes(later.id), true);
      const next = await openFrame();
      await next.start({});
      equal(await next.exists(onItsWay.id), false, 'it was kept');
      equal(await one.exists(onItsWay.id), false, 'it was kept in memory');
    },
  },

  {
    title:
      'a tab with a newer version of the application upgrades the database, and the older tab still shows pictures',
    async run({ control, openTab }) {
      const { record, sha256 } = await control.save('brick.webp');
      const [older, newer] = [await openTab(), await openTab()];
      await older.start(withoutMemory);
      await older.get(record);
      await eventually(() => older.cachedIds(), [record.id]);
      await newer.start({ ...withoutMemory, frontendDbVersion: 2 });
      has(await newer.get(record), { sha256 });
      await eventually(() => newer.cachedIds(), [record.id]);
      has(await older.get(record), { sha256 });
      has(await newer.get(record), { sha256 });
      equal(await newer.sources(), ['network', 'disk'], 'the older tab left the new database alone');
    },
  },

  {
    title: 'a tab whose database is deleted by another makes a new one',
    async run({ control, openTab }) {
      const { record, sha256 } = await control.save('brick.webp');
      const tab = await openTab();
      await tab.start(withoutMemory);
      await tab.get(record);
      await eventually(() => tab.cachedIds(), [record.id]);
      await new Promise((resolve, reject) => {
        const deletion = indexedDB.deleteDatabase('pixstore');
        deletion.onsuccess = resolve;
        deletion.onerror = reject;
      });
      has(await tab.get(record), { sha256 });
      await eventually(() => tab.cachedIds(), [record.id]);
    },
  },

  {
    title: 'a tab that holds the database open under another version keeps no picture from showing',
    async run({ control, openTab, openFrame }) {
      const { record, sha256 } = await control.save('brick.webp');
      const holder = await openFrame();
      await holder.openRaw('pixstore', 1, () => {}); // deaf to requests to let go
      const tab = await openTab();
      await tab.start({ frontendDbVersion: 2 });
      has(await tab.get(record), { sha256 });
      has(await tab.get(record), { sha256 });
      equal(await tab.sources(), ['network', 'memory']);
    },
  },
];
