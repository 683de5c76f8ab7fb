import assert from 'node:assert/strict';
import type { BlobStore } from '../../stores/split/blob-store.js';
import type { BlobCheck } from '../blob-store-suite.js';
import { namesOf } from './blob-bytes.js';

const one = Uint8Array.of(1);

// More than stores give in one page.
const count = 2_100;
const numbered = Array.from({ length: count }, (_, index) => `a/many/${String(index).padStart(5, '0')}`);

/** What a store of blobs promises of its list. */
export function blobListChecks(check: BlobCheck): void {
  check('lists names in the order of their bytes, by what they begin with', async (blobs) => {
    const names = ['a/b', 'a/b-', 'a/b0', 'a/bb/c', 'a-b', 'a0', 'b/a', 'b/b', 'zz'];
    await writeAll(blobs, [...names].reverse());
    const expected = [...names].sort();
    assert.deepEqual(await namesOf(blobs.list('')), expected);
    for (const prefix of ['a', 'a/', 'a/b', 'a/bb', 'a/bb/', 'b/', 'z', 'zz', 'c', 'a/c']) {
      const matching = expected.filter((name) => name.startsWith(prefix));
      assert.deepEqual(await namesOf(blobs.list(prefix)), matching, `what begins with ${prefix}`);
    }
  });

  check('lists what comes after a name, be it there or not', async (blobs) => {
    const names = ['a/1', 'a/2', 'a/3/4-', 'b/1'];
    await writeAll(blobs, names);
    for (const after of ['', 'a', 'a/', 'a/1', 'a/15', 'a/2', 'a/3', 'a/3/4', 'a/3/4-', 'a/9', 'b']) {
      const expected = names.filter((name) => name.startsWith('a/') && name > after);
      assert.deepEqual(await namesOf(blobs.list('a/', after)), expected, `what comes after ${after}`);
    }
  });

  check('lists more than a page', async (blobs) => {
    await writeAll(blobs, [...numbered, 'a/man', 'a/many-', 'a/mb']);
    assert.deepEqual(await namesOf(blobs.list('a/many/')), numbered);
    assert.deepEqual(await namesOf(blobs.list('a/many/', numbered[1_500])), numbered.slice(1_501));
  });

  check('lists all that was there before and after, whatever is written and removed meanwhile', async (blobs) => {
    const [kept, removed] = [0, 1].map((rest) => numbered.filter((_, index) => index % 2 === rest)) as [
      string[],
      string[],
    ];
    await writeAll(blobs, numbered);
    const others = removed.slice();
    const found: string[] = [];
    for await (const name of blobs.list('a/')) {
      found.push(name);
      const doomed = others.shift();
      if (doomed) await blobs.remove(doomed);
      if (found.length % 10 === 0) await blobs.write(`a/new/${found.length}`, one);
    }
    assert.deepEqual(found, [...new Set(found)].sort(), 'a name came twice, or out of order');
    const seen = new Set(found);
    assert.deepEqual(
      kept.filter((name) => !seen.has(name)),
      [],
      'it left out what was there all the time',
    );
  });

  check('lists again after a list was left early', async (blobs) => {
    await writeAll(blobs, ['a', 'b', 'c']);
    for await (const name of blobs.list('')) {
      assert.equal(name, 'a');
      break;
    }
    assert.deepEqual(await namesOf(blobs.list('')), ['a', 'b', 'c']);
  });

  check('lists a blob as soon as it is written, and no more once it is removed', async (blobs) => {
    for (let round = 0; round < 5; round += 1) {
      await blobs.write(`a/${round}`, one);
      assert.deepEqual(await namesOf(blobs.list('a/')), [`a/${round}`]);
      await blobs.remove(`a/${round}`);
      assert.deepEqual(await namesOf(blobs.list('a/')), []);
    }
  });
}

/** Some at a time, as stores bear it. */
async function writeAll(blobs: BlobStore, names: readonly string[]): Promise<void> {
  for (let at = 0; at < names.length; at += 50) {
    await Promise.all(names.slice(at, at + 50).map((name) => blobs.write(name, one)));
  }
}
