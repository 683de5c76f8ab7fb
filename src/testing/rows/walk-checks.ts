import assert from 'node:assert/strict';
import type { RowStore } from '../../stores/split/row-store.js';
import type { RowCheck } from '../row-store-suite.js';
import { beginSession, collect, put, rowsOf, sessionOf, small } from './row-versions.js';

// More than stores give in one page.
const many = 1_100;
const idOf = (index: number) => `a:${String(index).padStart(5, '0')}`;

/** What a store of rows promises to those who walk through all of something. */
export function walkChecks(check: RowCheck): void {
  check('lists ids of images in order, by prefix and from a place on', async (rows) => {
    const ids = ['a:1', 'a:2', 'a-b:1', 'b:1', 'b:2', 'solo', 'Upper'];
    for (const [index, id] of ids.entries()) await put(rows, small(id, 1000 + index, ['thumb']));
    assert.deepEqual(await collect(rows.list()), [...ids].sort());
    assert.deepEqual(await collect(rows.list('a:')), ['a:1', 'a:2']);
    assert.deepEqual(await collect(rows.list('a:', 'a:1')), ['a:2']);
    assert.deepEqual(await collect(rows.list('b:2')), ['b:2']);
    assert.deepEqual(await collect(rows.list('', 'b:15')), ['b:2', 'solo']);
    assert.deepEqual(await collect(rows.list('none:')), []);
  });

  check('lists more than a page', async (rows) => {
    const ids = Array.from({ length: many }, (_, index) => idOf(index));
    await putAll(rows, ids);
    assert.deepEqual(await collect(rows.list()), ids);
  });

  check('lists all images that are there all the time, while others are saved and removed', async (rows) => {
    const ids = Array.from({ length: many }, (_, index) => idOf(index));
    await putAll(rows, ids);
    const found: string[] = [];
    let removed = 0;
    for await (const id of rows.list()) {
      found.push(id);
      if (found.length % 100 !== 0) continue;
      await rows.remove(idOf(removed));
      removed += 1;
      await put(rows, small(`b:${removed}`, 5000));
    }
    assert.deepEqual(found, [...new Set(found)].sort(), 'an id came twice, or out of order');
    const seen = new Set(found);
    assert.deepEqual(
      ids.slice(removed).filter((id) => !seen.has(id)),
      [],
      'it left out what was there all the time',
    );
  });

  check('walks through the key of every part, while others write and remove', async (rows) => {
    const ids = Array.from({ length: many }, (_, index) => idOf(index));
    await putAll(rows, ids, ['thumb']);
    const found: string[] = [];
    let changed = 0;
    for await (const page of rows.sealedKeys()) {
      assert.ok(page.length <= 1_000, `${page.length} keys at a time`);
      for (const { id, variant, token, sealedKey } of page) {
        const part = small(id, token, ['thumb']).parts.find((each) => each.variant === variant);
        assert.deepEqual(Uint8Array.from(sealedKey), part?.sealedKey);
        found.push(`${id} ${variant}`);
      }
      if (changed === 10) continue; // else the walk might never end
      changed += 1;
      await rows.remove(idOf(changed));
      await put(rows, small(`b:${changed}`, 5000));
      await put(rows, small(idOf(many - changed), 9000, ['thumb']), null, 'older');
    }
    const seen = new Set(found);
    assert.equal(seen.size, found.length, 'a part came twice');
    const kept = ids.slice(changed + 1).flatMap((id) => [`${id} undefined`, `${id} thumb`]);
    assert.deepEqual(
      kept.filter((each) => !seen.has(each)),
      [],
      'it left out what was there all the time',
    );
  });

  check('walks through all parts as it finds them, if it does, while others write and remove', async (rows) => {
    if (!rows.parts) return;
    const ids = Array.from({ length: many }, (_, index) => idOf(index));
    await putAll(rows, ids, ['thumb']);
    const session = await beginSession(rows);
    const placed = rowsOf(small('placed', 1000, ['thumb']), session);
    await rows.put(placed, null);
    const seen = new Set<string>();
    let changed = 0;
    for await (const page of rows.parts()) {
      assert.ok(page.length <= 1_000, `${page.length} parts at a time`);
      for (const { id, variant, found, error } of page) {
        assert.equal(error, undefined);
        const name = `${id} ${variant}`;
        assert.ok(!seen.has(name), `${name} came twice`);
        seen.add(name);
        if (!found) continue; // it changed in this very moment
        assert.deepEqual([found.record.id, found.record.variant], [id, variant]);
        const part = small(id, found.record.token, ['thumb']).parts.find((each) => each.variant === variant);
        const blob = placed.parts.find((each) => id === 'placed' && each.variant === variant)?.blob ?? null;
        assert.equal(found.blob, blob);
        if (blob !== null) continue;
        const [given, kept] = [found.ciphertext, part?.ciphertext] as Uint8Array[];
        assert.ok(given && kept && Buffer.compare(given, kept) === 0, 'another ciphertext');
      }
      if (changed === 10) continue; // else the walk might never end
      changed += 1;
      await rows.remove(idOf(changed));
      await put(rows, small(`b:${changed}`, 5000));
      await put(rows, small(idOf(many - changed), 9000, ['thumb']), null, 'older');
    }
    const kept = [...ids.slice(changed + 1), 'placed'].flatMap((id) => [`${id} undefined`, `${id} thumb`]);
    assert.deepEqual(
      kept.filter((each) => !seen.has(each)),
      [],
      'it left out what was there all the time',
    );
  });

  check('walks through the parts that are in blobs, and no others', async (rows) => {
    const session = await beginSession(rows);
    await put(rows, small('in-rows', 1000, ['thumb']));
    const versions = Array.from({ length: many }, (_, index) => rowsOf(small(idOf(index), 1000, ['thumb']), session));
    await Promise.all(versions.map((version) => rows.put(version, null)));
    const found = await collect(rows.partsInBlobs());
    const expected = versions.flatMap(({ id, parts }) =>
      parts.map(({ variant, blob, size }) => ({ id: variant ? `${id}.${variant}` : id, blob, size })),
    );
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    assert.deepEqual(found.map(({ id, blob, size }) => ({ id, blob, size })).sort(byId), expected.sort(byId));
  });

  check('walks through blobs that were given up, also when it is told meanwhile that they are gone', async (rows) => {
    const session = await beginSession(rows);
    const versions = Array.from({ length: many }, (_, index) => rowsOf(small(idOf(index), 1000), session));
    await Promise.all(versions.map((version) => rows.put(version, null)));
    await Promise.all(versions.map(({ id }) => rows.remove(id)));
    const found: string[] = [];
    for await (const blob of rows.givenUpBlobs()) {
      found.push(blob);
      await rows.forgetBlobs([blob]);
    }
    assert.deepEqual(found.sort(), versions.flatMap(({ parts }) => parts.flatMap(({ blob }) => blob ?? [])).sort());
    await put(rows, small('next', 5000)); // what it was told may wait for it
    assert.deepEqual(await collect(rows.givenUpBlobs()), []);
  });

  check('walks through sessions that have ended, also when they are forgotten meanwhile', async (rows) => {
    const sessions = Array.from({ length: many }, (_, index) => sessionOf(String(index), 1_000 + index));
    await Promise.all(sessions.map((id, index) => rows.beginSession({ id, begun: index })));
    await rows.endSessions(sessions, 5_000);
    const found: string[] = [];
    for await (const session of rows.endedSessions()) {
      found.push(session);
      await rows.forgetSession(session);
    }
    assert.deepEqual(found.sort(), sessions.sort());
    assert.deepEqual(await collect(rows.endedSessions()), []);
  });
}

async function putAll(rows: RowStore, ids: readonly string[], variants: readonly string[] = []): Promise<void> {
  const outcomes = await Promise.all(ids.map((id) => rows.put(rowsOf(small(id, 1000, variants)), null)));
  assert.ok(outcomes.every(({ kind }) => kind === 'done'));
}
