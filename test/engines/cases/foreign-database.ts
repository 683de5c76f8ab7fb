import { equal, eventually, has } from '../page/expect.js';
import type { Frame } from '../page/pages.js';
import { type Case, withoutMemory } from './case.js';
import { putRow } from './rows.js';

/** How another program, or pixstore 3.x, may have left a database of our name. */
const databases: [what: string, version: number, make: (database: IDBDatabase) => void][] = [
  [
    'the one of pixstore 3.x, with rows in it',
    1,
    (database) => {
      const store = database.createObjectStore('images', { keyPath: 'id' });
      for (let index = 0; index < 50; index += 1) {
        store.put({ id: `old:${index}`, token: index, lastUsed: index, encrypted: new Uint8Array(5000) });
      }
    },
  ],
  [
    'one with a store of our name and no key path',
    1,
    (database) => {
      database.createObjectStore('images').put({ token: 1, format: 'webp', buffer: new ArrayBuffer(9) }, 'some-image');
    },
  ],
  ['one with other stores', 1, (database) => void database.createObjectStore('pictures')],
  ['one without stores', 1, () => {}],
  ['one of a higher version', 9, (database) => void database.createObjectStore('images', { keyPath: 'id' })],
];

export const foreignDatabase: Case[] = [
  ...databases.map(
    ([what, version, make]): Case => ({
      title: `a database of our name is there before us, ${what}: it is made anew`,
      async run({ control, openFrame }) {
        const { record, sha256 } = await control.save('brick.webp');
        const page = await openFrame();
        const database = await page.openRaw('pixstore', version, make);
        database.close();
        await page.start(withoutMemory);
        has(await page.get(record), { sha256 });
        await eventually(() => page.cachedIds(), [record.id]);
        has(await page.get(record), { sha256 });
        equal(await page.sources(), ['network', 'disk']);
      },
    }),
  ),

  {
    title: 'a picture planted in the cache is not shown: nobody has authenticated it',
    async run({ control, openFrame, engine }) {
      const { record, sha256 } = await control.save('brick.webp');
      const page = await openFrame();
      await page.start(withoutMemory);
      await page.get(record);
      await eventually(() => page.cachedIds(), [record.id]);
      for (const row of forgeries(page, record)) {
        // WebKit keeps no Blobs on disk in a private window, as which its automated window counts.
        if (engine === 'webkit' && 'image' in row) continue;
        await putRow(page, row);
        has(await page.get(record), { sha256 });
      }
    },
  },
];

function forgeries({ window }: Frame, { id, token }: { id: string; token: number }): object[] {
  const image = new window.Blob(['not authenticated'], { type: 'image/webp' });
  return [
    { id, token, size: image.size, image },
    { id, token, size: 9, ciphertext: new window.Uint8Array(9) },
    { id, token, size: 7, ciphertext: 7 },
    { id, token: 'x' },
  ];
}
