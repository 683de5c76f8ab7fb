import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLocalStore } from '../../../../src/stores/local/local-store.js';
import type { ImageVersion } from '../../../../src/stores/port.js';
import { assertRecord, versionOf } from '../../../../src/testing/versions.js';
import { temporaryFolder } from '../../../support/folders.js';

async function openTwice() {
  const folder = await temporaryFolder();
  const open = () =>
    openLocalStore({ databasePath: join(folder, 'db.sqlite'), imageRootDir: join(folder, 'images'), writer: 'inline' });
  return { ours: open(), theirs: open() }; // as in two processes: nothing but the files is shared
}

const turn = () => new Promise(setImmediate);

describe('records that were looked up before', () => {
  test('are the same objects until something is committed', async () => {
    const { ours, theirs } = await openTwice();
    await ours.put(versionOf('one', 1000), null);
    const first = ours.record('one');
    await turn();
    expect(ours.record('one')).toBe(first);
    await theirs.put(versionOf('two', 1000), null);
    await turn();
    expect(ours.record('one')).not.toBe(first);
    expect(ours.record('one')).toEqual(first);
    await Promise.all([ours.close(), theirs.close()]);
  });

  test('are never shown again once somebody else has changed or removed the image', async () => {
    const { ours, theirs } = await openTwice();
    const versions = Array.from({ length: 20 }, (_, index) => versionOf('one', 1000 + index));
    for (const version of versions) {
      await theirs.put(version, version.token === 1000 ? null : version.token - 1);
      assertRecord(await ours.record('one'), version);
    }
    await theirs.remove('one');
    expect(ours.record('one')).toBeNull();
    await Promise.all([ours.close(), theirs.close()]);
  });

  test('show what this process has committed, as soon as it says so', async () => {
    const { ours, theirs } = await openTwice();
    let token = 999;
    for (let round = 0; round < 20; round += 1) {
      ours.record('one'); // a look-up in the same turn as the commit
      const version = versionOf('one', token + 1);
      await ours.put(version, round === 0 ? null : token);
      assertRecord(await ours.record('one'), version);
      token += 1;
    }
    await Promise.all([ours.close(), theirs.close()]);
  });

  test('may be as old as this turn of the loop for who says so, and no older', async () => {
    const { ours, theirs } = await openTwice();
    const versions = [1000, 1001, 1002].map((token) => versionOf('one', token));
    const [first, second, third] = versions as [ImageVersion, ImageVersion, ImageVersion];
    await theirs.put(first, null);
    await turn();
    assertRecord(await ours.record('one', undefined, 'this-turn'), first);
    await theirs.put(second, 1000); // in the same turn, as only a test can
    assertRecord(await ours.record('one', undefined, 'this-turn'), first);
    assertRecord(await ours.record('one'), second);
    await theirs.put(third, 1001);
    await turn();
    assertRecord(await ours.record('one', undefined, 'this-turn'), third);
    await Promise.all([ours.close(), theirs.close()]);
  });

  test('this process has replaced are never shown again, in the same turn neither', async () => {
    const { ours, theirs } = await openTwice();
    await ours.put(versionOf('one', 1000), null);
    await turn();
    ours.record('one', undefined, 'this-turn');
    const second = versionOf('one', 1001);
    await ours.put(second, 1000);
    assertRecord(await ours.record('one', undefined, 'this-turn'), second);
    await Promise.all([ours.close(), theirs.close()]);
  });
});
