import assert from 'node:assert/strict';
import type { RowCheck } from '../row-store-suite.js';
import { giveKeys, sealedWith } from '../sealing.js';
import { bytesOf } from '../versions.js';
import {
  assertGone,
  assertKept,
  beginSession,
  collect,
  nextTurn,
  put,
  rowsOf,
  small,
  stateOf,
} from './row-versions.js';

/** What a store of rows promises of the keys of folders, and of images that name them. */
export function folderKeyChecks(check: RowCheck): void {
  check('gives records, parts and sealed keys with the key of the folder that they name', async (rows) => {
    await giveKeys(rows, 'a', 2);
    const version = sealedWith(small('a:one', 1000, ['thumb']), 2);
    await put(rows, version);
    await put(rows, small('a:other', 1000));
    const found = [
      await rows.record('a:one'),
      (await rows.find('a:one', 'thumb'))?.record,
      ...(await rows.version('a:one')),
      ...(await collect(rows.sealedKeys())).flat().filter(({ id }) => id === 'a:one'),
    ];
    assert.equal(found.length, 6);
    for (const record of found) {
      assert.equal(record?.folderKey?.folder, 'a');
      assert.equal(record.folderKey.generation, 2);
      assert.deepEqual(Uint8Array.from(record.folderKey.wrapped ?? []), bytesOf('a 2', 69));
    }
    assert.equal((await rows.record('a:other'))?.folderKey, null);
  });

  check('takes nothing that was sealed with another key than the latest of its folder', async (rows) => {
    await giveKeys(rows, 'a', 2);
    const session = await beginSession(rows);
    const version = small('a:one', 1000, ['thumb']);
    const kept = sealedWith(version, 2);
    const keptRow = await put(rows, kept, session);
    const before = await stateOf(rows);
    for (const generation of [1, 3]) {
      const wrong = (id: string, token: number) =>
        rowsOf(sealedWith(small(id, token, ['thumb', 'wide']), generation), session);
      const outcomes = [
        await rows.put(wrong('a:new', 2000), null),
        await rows.put(wrong('a:one', 2000), 1000),
        await rows.put(wrong('a:one', 2000), 'older'),
        await rows.addParts({ ...wrong('a:one', 1000), parts: wrong('a:one', 1000).parts.slice(2) }),
      ];
      for (const outcome of outcomes) assert.deepEqual(outcome, { kind: 'refused' }, `generation ${generation}`);
      const [{ sealedKey } = { sealedKey: bytesOf('', 0) }] = sealedWith(version, generation).parts;
      assert.equal(await rows.reseal([{ id: 'a:one', token: 1000, sealedKey }]), 0);
    }
    assert.deepEqual(await rows.put(rowsOf(sealedWith(small('b:one', 1000), 2)), null), { kind: 'refused' });
    const [first, ...rest] = sealedWith(small('a:mixed', 2000, ['thumb']), 2).parts;
    const mixed = {
      id: 'a:mixed',
      token: 2000,
      parts: [first, ...rest.map((part) => ({ ...part, sealedKey: sealedWith(version, 1).parts[0]?.sealedKey }))],
    };
    assert.deepEqual(await rows.put(rowsOf(mixed as typeof version), null), { kind: 'refused' });
    assert.deepEqual(await stateOf(rows), before);
    await assertKept(rows, kept, keptRow);
  });

  check('has no image any more whose key was destroyed', async (rows) => {
    await giveKeys(rows, 'a', 1);
    const session = await beginSession(rows);
    const doomed = sealedWith(small('a:doomed', 1000, ['thumb']), 1);
    const doomedRow = await put(rows, doomed, session);
    await giveKeys(rows, 'a', 2, 1);
    const kept = sealedWith(small('a:kept', 1000, ['thumb']), 2);
    const keptRow = await put(rows, kept, session);
    await rows.destroyFolderKeys([
      { folder: 'a', generation: 1 },
      { folder: 'a', generation: 7 },
      { folder: 'none', generation: 1 },
    ]);
    await nextTurn();
    await assertGone(rows, doomedRow);
    assert.equal(await rows.remove('a:doomed'), null);
    await assertKept(rows, kept, keptRow);
    const generations = (await collect(rows.folderKeys())).flat().map(({ generation }) => generation);
    assert.deepEqual(generations, [2]);
    assert.deepEqual(await rows.put(rowsOf(sealedWith(small('a:doomed', 2000), 2)), 1000), { kind: 'refused' });
    assert.deepEqual(await rows.put(rowsOf(sealedWith(small('a:doomed', 2000), 2)), 'older'), { kind: 'refused' });
    assert.equal(
      (await rows.put(rowsOf(sealedWith(small('a:doomed', 1000), 2)), null)).kind,
      'refused',
      'a token it had',
    );
    // In whatever step what was left of it goes, its blobs are noted.
    await put(rows, sealedWith(small('a:doomed', 2000), 2));
    const givenUp = await collect(rows.givenUpBlobs());
    assert.deepEqual(givenUp.sort(), doomedRow.parts.map(({ blob }) => blob).sort());
  });

  check('keeps the key of a generation as it is, and what it has sealed with it readable', async (rows) => {
    await giveKeys(rows, 'a', 1);
    const old = sealedWith(small('a:old', 1000), 1);
    const oldRow = await put(rows, old);
    await giveKeys(rows, 'a', 3, 1);
    await assertKept(rows, old, oldRow);
    assert.equal((await rows.record('a:old'))?.folderKey?.generation, 1);
    const [{ sealedKey } = { sealedKey: bytesOf('', 0) }] = sealedWith(small('a:old', 1000), 3).parts;
    assert.equal(await rows.reseal([{ id: 'a:old', token: 1000, sealedKey }]), 1);
    await nextTurn();
    assert.equal((await rows.record('a:old'))?.folderKey?.generation, 3);
  });
}
