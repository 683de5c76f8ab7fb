import { expect, onTestFinished, test, vi } from 'vitest';
import { contents, databaseNames, eventually, idsOf, openDisk } from './disk.js';

/** Deletes a database as another tab would, and says whether anybody stood in the way. */
function deleteAsAnother(name: string): Promise<'deleted' | 'blocked'> {
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
  expect(await deleteAsAnother(options.frontendDbName)).toBe('deleted');
  disk.write('a', 1, contents(10));
  await eventually(() => idsOf(options.frontendDbName)).toBe('a');
});

test('a cache that is closed before its database is open holds nothing', async () => {
  const { disk, options } = openDisk();
  disk.close();
  await eventually(databaseNames).toContain(options.frontendDbName);
  await eventually(() => deleteAsAnother(options.frontendDbName)).toBe('deleted');
});

test('a logout that has no room to be noted waits for whoever lets go of the database a moment after it was asked', async () => {
  const { disk, options } = openDisk();
  disk.write('a', 1, contents(10));
  await eventually(() => idsOf(options.frontendDbName)).toBe('a');
  const full = vi.spyOn(IDBObjectStore.prototype, 'clear').mockImplementationOnce(() => {
    throw new DOMException('No room.', 'QuotaExceededError');
  });
  onTestFinished(() => full.mockRestore());
  const holder = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open(options.frontendDbName);
    request.onsuccess = () => resolve(request.result);
  });
  const { deleteDatabase } = IDBFactory.prototype;
  const remove = vi.spyOn(IDBFactory.prototype, 'deleteDatabase').mockImplementation(function (this: IDBFactory, name) {
    const request = deleteDatabase.call(this, name);
    request.addEventListener('blocked', () => holder.close());
    return request;
  });
  onTestFinished(() => remove.mockRestore());
  await disk.clear(() => {});
  expect(await idsOf(options.frontendDbName)).toBe('');
});
