import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeInfo } from '../../src/backend/keys/image-info.js';
import { rotateMasterKey } from '../../src/backend/keys/rotation.js';
import { sealKey } from '../../src/backend/keys/sealing.js';
import { openLocalStore } from '../../src/stores/local/local-store.js';
import { copyOf, temporaryFolder } from '../support/folders.js';
import { oldKey, storeKeysOf } from '../support/keys.js';

/** A picture's sizes and placeholder are as telling as the picture: numbers that nothing else has, and a mark. */
const secret = { format: 'png', width: 0x5eed_c0de, height: 0x7a11_b0a7, placeholder: randomBytes(4_000) } as const;

/** All forms in which they could have been written down. */
function formsOf({ width, height, placeholder }: typeof secret): Buffer[] {
  const numbers = [width, height].flatMap((number) => {
    const [little, big] = [Buffer.alloc(4), Buffer.alloc(4)];
    little.writeUInt32LE(number);
    big.writeUInt32BE(number);
    return [little, big, Buffer.from(String(number))];
  });
  // From its middle: whole or in part, on a page of the database or on the next.
  const pieces = Array.from({ length: 16 }, (_, at) => placeholder.subarray(at * 250, at * 250 + 24));
  return [...numbers, ...pieces, ...pieces.map((piece) => Buffer.from(piece.toString('base64')))];
}

const forms = formsOf(secret);

test('what is searched for would be found', () => {
  const found = forms.filter((form) => Buffer.from(encodeInfo(secret)).includes(form));
  expect(found).toHaveLength(2 + 16);
});

test('who copies the disk while images are saved, sealed anew, erased and backed up learns nothing of their sizes and placeholders', async () => {
  const folder = await temporaryFolder();
  const store = openLocalStore({
    databasePath: join(folder, 'images.sqlite'),
    imageRootDir: join(folder, 'images'),
    writer: 'inline',
  });
  const keys = storeKeysOf(store, oldKey);
  const copies: Buffer[] = [];
  const look = () => copies.push(copyOf(folder));

  async function partOf(id: string, token: number, variant?: string) {
    const key = randomBytes(32);
    const sealedKey = sealKey({ key, info: secret }, { id, token, variant }, await keys.folderKey('a'), randomBytes);
    // In the row, and in a file of its own.
    const ciphertext = randomBytes(variant ? 300 : 90_000);
    return { ...(variant && { variant }), sealedKey, iv: randomBytes(12), tag: randomBytes(16), ciphertext };
  }

  await keys.open();
  for (const id of ['a:1', 'a:2', 'a:3']) {
    await store.put({ id, token: 1_000, parts: [await partOf(id, 1_000), await partOf(id, 1_000, 'small')] }, null);
    look();
    await store.addParts(id, 1_000, [await partOf(id, 1_000, 'late')]);
    look();
  }
  for await (const _ of rotateMasterKey({ store, keys, proofLifetime: 40_000 }, { compromised: true })) look();
  const part = await store.record('a:1', 'late');
  const info = part && keys.unseal(part).info;
  expect(info && Buffer.from(encodeInfo(info))).toEqual(Buffer.from(encodeInfo(secret)));
  const backup = await temporaryFolder();
  await store.backup?.(join(backup, 'today'));
  copies.push(copyOf(backup));
  await store.remove('a:2');
  look();
  await store.eraseFolder('a');
  look();
  await store.close();
  look();

  expect(copies.length).toBeGreaterThan(12);
  for (const copy of copies) expect(forms.filter((form) => copy.includes(form))).toEqual([]);
});
