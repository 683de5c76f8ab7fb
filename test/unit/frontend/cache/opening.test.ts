import { expect, onTestFinished, test, vi } from 'vitest';
import { contents, databaseNames, eventually, idsOf, openDisk } from './disk.js';

/** Deletes a database as another tab would, and says whether anybody stood in the way. */
function deleteDatabase(name: string): Promise<'deleted' | 'blocked'> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    request.onblocked = () => resolve('blocked');
    request.onsuccess = () => resolve('deleted');
  });
}

test('the database is opened when the cache is made: the first pictures do not wait for it', async () => {
  const { disk, options } = openDisk();
  await eventually(databaseNames).toContain(options.frontendDbName);
  await disk.read('a', 1);
  const open = vi.spyOn(IDBFactory.prototype, 'open');
  onTestFinished(() => open.mockRestore());
  await disk.read('b', 1);
  expect(open).not.toHaveBeenCalled();
});

test('a page that shows nothing keeps no other tab from deleting the database, and makes it anew when it needs it', async () => {
  const { disk, options } = openDisk();
  await eventually(databaseNames).toContain(options.frontendDbName);
  expect(await deleteDatabase(options.frontendDbName)).toBe('deleted');
  disk.write('a', 1, contents(10));
  await eventually(() => idsOf(options.frontendDbName)).toBe('a');
});

test('a cache that is closed before its database is open holds nothing', async () => {
  const { disk, options } = openDisk();
  disk.close();
  await eventually(databaseNames).toContain(options.frontendDbName);
  await eventually(() => deleteDatabase(options.frontendDbName)).toBe('deleted');
});
