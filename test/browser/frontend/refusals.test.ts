import { expect, test } from 'vitest';
import { photo, sha256 } from '../harness/backend.js';
import { eventually, insecureHost, openTab, useWorld } from '../harness/world.js';

const world = useWorld();

test('an expired proof is PROOF_INVALID, and a fresh record of the same image works', async () => {
  const record = await world.backend.save(await photo('brick.webp'));
  world.backend.clock.ahead = 60_000;
  const tab = await openTab(world);
  expect(await tab.evaluate((record) => helpers.get(record), record)).toMatchObject({
    code: 'PROOF_INVALID',
    message: expect.stringContaining('get a fresh record'),
  });
  const fresh = world.backend.record(record.id);
  expect(await tab.evaluate((record) => helpers.get(record), fresh)).toMatchObject({ type: 'image/webp' });
});

test('a proof that was made for another image is PROOF_INVALID', async () => {
  const one = await world.backend.save(await photo('brick.webp'));
  const other = await world.backend.save(await photo('camera.webp'));
  const tab = await openTab(world);
  const foreign = { ...one, statelessProof: other.statelessProof };
  expect(await tab.evaluate((record) => helpers.get(record), foreign)).toMatchObject({ code: 'PROOF_INVALID' });
});

test('an empty proof is PROOF_MISSING', async () => {
  const record = await world.backend.save(await photo('brick.webp'));
  const tab = await openTab(world);
  const bare = { ...record, statelessProof: '' };
  expect(await tab.evaluate((record) => helpers.get(record), bare)).toMatchObject({ code: 'PROOF_MISSING' });
});

test('a deleted image is IMAGE_NOT_FOUND, and what the browser had of it goes', async () => {
  const old = await world.backend.save(await photo('brick.webp'));
  const tab = await openTab(world);
  await tab.evaluate((record) => helpers.get(record), old);
  await eventually(() => tab.evaluate(() => helpers.cachedIds())).toEqual([old.id]);
  const last = await world.backend.update(old.id, await photo('camera.webp'));
  await world.backend.deleteImage(old.id);
  expect(await tab.evaluate((record) => helpers.get(record), last)).toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  await eventually(() => tab.evaluate(() => helpers.cachedIds())).toEqual([]);
});

test.each([
  ['one changed bit of ciphertext', (payload: Buffer) => flipBit(payload, 500), 'DECRYPTION_FAILED'],
  ['a cut-off ciphertext', (payload: Buffer) => payload.subarray(0, 500), 'DECRYPTION_FAILED'],
  ['no bytes', () => Buffer.alloc(0), 'PAYLOAD_INVALID'],
  ['an unknown state', (payload: Buffer) => Buffer.concat([Buffer.of(8), payload.subarray(1)]), 'PAYLOAD_INVALID'],
  ['an HTML page', () => Buffer.from('<!doctype html>'), 'PAYLOAD_INVALID'],
])('a payload tampered with on its way (%s) is refused, and nothing is cached', async (_, meddle, code) => {
  const record = await world.backend.save(await photo('brick.webp'));
  const tab = await openTab(world);
  world.tap.meddle = inFrame(meddle);
  expect(await tab.evaluate((record) => helpers.get(record), record)).toMatchObject({ code });
  expect(await tab.evaluate((id) => frontend.cachedImageExists(id), record.id)).toBe(false);
  world.tap.meddle = undefined;
  expect(await tab.evaluate((record) => helpers.get(record), record)).toMatchObject({ type: 'image/webp' });
});

test('answers that are exchanged on their way, or played again after an update, show nothing, and nothing is cached', async () => {
  const records = [
    await world.backend.save(await photo('brick.webp')),
    await world.backend.save(await photo('camera.webp')),
  ];
  const tab = await openTab(world, { fetchRetries: 0 });
  const getAll = (given = records) =>
    tab.evaluate((records) => Promise.all(records.map((record) => helpers.get(record))), given);
  const answers: Buffer[] = [];
  world.tap.meddle = (answer) => {
    answers.push(answer);
    const first = answer.subarray(0, 4 + answer.readUInt32LE(0));
    return Buffer.concat([answer.subarray(first.length), first]);
  };
  const refused = expect.objectContaining({ code: 'DECRYPTION_FAILED' });
  expect(await getAll()).toEqual([refused, refused]);
  expect(await tab.evaluate(() => helpers.cachedIds())).toEqual([]);

  const updated = [];
  for (const [at, { id }] of records.entries()) {
    updated.push(await world.backend.update(id, await photo(['cat.png', 'coffee.webp'][at] as string)));
  }
  world.tap.meddle = () => answers[0] as Buffer;
  expect(await getAll(updated)).toEqual([refused, refused]);
  world.tap.meddle = undefined;
  expect(await getAll(updated)).toEqual([
    expect.objectContaining({ type: 'image/png' }),
    expect.objectContaining({ sha256: sha256(await photo('coffee.webp')) }),
  ]);
});

test('an Updated payload tampered with is refused, whichever of its parts was changed', async () => {
  const old = await world.backend.save(await photo('brick.webp'));
  await world.backend.update(old.id, await photo('camera.webp'));
  const tab = await openTab(world);
  const parts = { key: 9, iv: 41, tag: 53, ciphertext: 69 };
  for (const [part, at] of Object.entries(parts)) {
    world.tap.meddle = inFrame((payload) => flipBit(payload, at));
    const seen = await tab.evaluate((record) => helpers.get(record), old);
    expect(seen, part).toMatchObject({ code: 'DECRYPTION_FAILED' });
  }
});

test('an endpoint that never answers is FETCH_TIMEOUT, and the request is given up', async () => {
  const record = await world.backend.save(await photo('brick.webp'));
  const tab = await openTab(world, { fetchTimeout: 50 });
  const givenUp = tab.waitForEvent('requestfailed');
  let release = () => {};
  world.tap.meddle = (payload) => new Promise((resolve) => (release = () => resolve(payload)));
  expect(await tab.evaluate((record) => helpers.get(record), record)).toMatchObject({ code: 'FETCH_TIMEOUT' });
  expect((await givenUp).postDataJSON()).toMatchObject({ images: [{ id: record.id }] });
  release();
});

test('an endpoint that is not there, or is none, is FETCH_FAILED', async () => {
  const record = await world.backend.save(await photo('brick.webp'));
  const nobody = await openTab(world, { defaultEndpointConnectPort: 1 });
  expect(await nobody.evaluate((record) => helpers.get(record), record)).toMatchObject({ code: 'FETCH_FAILED' });
  const wrongRoute = await openTab(world, { defaultEndpointRoute: '/elsewhere' });
  expect(await wrongRoute.evaluate((record) => helpers.get(record), record)).toMatchObject({
    code: 'FETCH_FAILED',
    message: expect.stringContaining('404'),
  });
});

test('a page without crypto.subtle is told that it needs HTTPS', async () => {
  const record = await world.backend.save(await photo('brick.webp'));
  const tab = await openTab(world, {}, undefined, `http://${insecureHost}:${world.site.port}`);
  expect(await tab.evaluate(() => isSecureContext)).toBe(false);
  expect(await tab.evaluate((record) => helpers.get(record), record)).toMatchObject({
    code: 'INSECURE_CONTEXT',
    message: expect.stringContaining('needs HTTPS'),
  });
  expect(world.tap.requests).toEqual([]);
});

test('a format that the page does not allow is FORMAT_REFUSED, also when it was cached before', async () => {
  const record = await world.backend.save(await photo('brick.webp'));
  for (const frontendCacheContents of ['encrypted', 'decrypted'] as const) {
    const tab = await openTab(world, { frontendCacheContents });
    await tab.evaluate((record) => helpers.get(record), record);
    await eventually(() => tab.evaluate(() => helpers.cachedIds())).toEqual([record.id]);
    const strict = await openTab(world, { frontendCacheContents, imageFormats: ['png'] }, tab.context());
    expect(await strict.evaluate((record) => helpers.get(record), record)).toMatchObject({ code: 'FORMAT_REFUSED' });
  }
});

test('a cached image that does not decrypt is dropped and fetched anew, once', async () => {
  const bytes = await photo('brick.webp');
  const record = await world.backend.save(bytes);
  const tab = await openTab(world, { frontendMemoryCacheBytes: 0 });
  await tab.evaluate((record) => helpers.get(record), record);
  await eventually(() => tab.evaluate(() => helpers.cachedIds())).toEqual([record.id]);
  await tab.evaluate(async () => {
    const database = await helpers.openRaw('pixstore');
    const store = database.transaction('images', 'readwrite').objectStore('images');
    const [row] = await new Promise<{ ciphertext: Uint8Array }[]>((resolve) => {
      const request = store.getAll();
      request.onsuccess = () => resolve(request.result);
    });
    row?.ciphertext.fill(0);
    store.put(row);
    database.close();
  });
  const seen = { sha256: sha256(bytes) };
  expect(await tab.evaluate((record) => helpers.get(record), record)).toMatchObject(seen);
  await eventually(() => tab.evaluate(() => helpers.cachedIds())).toEqual([record.id]);
  expect(await tab.evaluate((record) => helpers.get(record), record)).toMatchObject(seen);
  expect(await tab.evaluate(() => loads.map(({ source }) => source))).toEqual(['network', 'network', 'disk']);
  expect(world.tap.requests).toHaveLength(2);
});

test('a picture planted in an encrypted cache is not shown: nobody has authenticated it', async () => {
  const bytes = await photo('brick.webp');
  const record = await world.backend.save(bytes);
  const tab = await openTab(world, { frontendMemoryCacheBytes: 0 });
  await tab.evaluate((record) => helpers.get(record), record);
  await eventually(() => tab.evaluate(() => helpers.cachedIds())).toEqual([record.id]);
  await tab.evaluate(async ({ id, token }) => {
    const database = await helpers.openRaw('pixstore');
    const store = database.transaction('images', 'readwrite').objectStore('images');
    store.put({ id, token, size: 3, image: new Blob(['bad'], { type: 'image/webp' }) });
    database.close();
  }, record);
  expect(await tab.evaluate((record) => helpers.get(record), record)).toMatchObject({ sha256: sha256(bytes) });
  expect(await tab.evaluate(() => loads.map(({ source }) => source))).toEqual(['network', 'network']);
});

test('a record with a wrong key shows no picture, though the picture is cached', async () => {
  const record = await world.backend.save(await photo('brick.webp'));
  const other = await world.backend.save(await photo('camera.webp'));
  const tab = await openTab(world);
  await tab.evaluate((record) => helpers.get(record), record);
  await eventually(() => tab.evaluate(() => helpers.cachedIds())).toEqual([record.id]);
  const wrong = { ...record, meta: { ...record.meta, key: other.meta.key } };
  expect(await tab.evaluate((record) => helpers.get(record), wrong)).toMatchObject({ code: 'DECRYPTION_FAILED' });
});

/** Changes the payload of an answer that has one frame: its length stays right. */
function inFrame(meddle: (payload: Buffer) => Uint8Array) {
  return (answer: Buffer): Uint8Array => {
    const header = Buffer.alloc(4);
    const payload = meddle(answer.subarray(header.length));
    header.writeUInt32LE(payload.length);
    return Buffer.concat([header, payload]);
  };
}

function flipBit(payload: Buffer, at: number): Buffer {
  const changed = Buffer.from(payload);
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
  return changed;
}
