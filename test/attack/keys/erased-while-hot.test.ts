import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createNodeHandler } from '../../../src/backend/face/handlers.js';
import { decodePayload } from '../../../src/shared/index.js';
import { findDriver } from '../../../src/stores/local/driver.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { startNode } from '../../fault/support/program.mjs';
import { masterKey, openBackend } from '../../support/backend.js';
import { framesOf } from '../../support/frames.js';
import { smallPicture, withMorePixels } from '../../support/small-picture.js';

const route = '/pixstore-image';
const inBatch = 40;
const [success, notFound] = [0, 2];

/** Two processes with a handler each, images in a folder that is about to be erased, and in one that is not. */
async function twoServers() {
  const options = { statelessKeyWindowLength: 86_400_000, maxConcurrentAnswers: 10_000 };
  const backend = await openBackend(options);
  const server = createServer(createNodeHandler(backend, { route }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const names = Array.from({ length: 300 }, (_, index) => ['gone', 'kept'].map((dir) => ({ dir, id: `${index}` })));
  const records = (await Promise.all(
    names.flat().map(({ dir, id }) => {
      const isLarge = id.endsWith('0');
      return backend.saveImage(withMorePixels(smallPicture(), Buffer.alloc(isLarge ? 100_000 : 0)), { dir, id });
    }),
  )) as ImageRecord[];
  const place = { databasePath: join(backend.folder, 'images.sqlite'), imageRootDir: join(backend.folder, 'images') };
  const program = fileURLToPath(new URL('./second-server.mjs', import.meta.url));
  const second = startNode([program, JSON.stringify({ ...options, ...place, masterKey })]);
  const lines = second.lines[Symbol.asyncIterator]();
  const secondPort = Number((await lines.next()).value);
  onTestFinished(async () => {
    second.send('end');
    await second.ended;
  });
  const ports = [(server.address() as AddressInfo).port, secondPort];
  return { backend, records, ports, second, lines, databasePath: place.databasePath };
}

/** The states of the answers that a batch gets. */
async function askAll(port: number, records: readonly ImageRecord[]): Promise<number[]> {
  const images = records.map(({ id, token, statelessProof: proof }) => ({ id, token, proof }));
  const response = await fetch(`http://127.0.0.1:${port}${route}`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify({ version: 1, images }),
  });
  const body = new Uint8Array(await response.arrayBuffer());
  return framesOf(body, records.length).map((payload) => decodePayload(payload).state);
}

async function askOne(port: number, { id, token, statelessProof }: ImageRecord): Promise<number> {
  const target = `http://127.0.0.1:${port}${route}/${encodeURIComponent(id)}?proof=${statelessProof}&token=${token}`;
  return decodePayload(new Uint8Array(await (await fetch(target)).arrayBuffer())).state;
}

test.each(['this process', 'the other one'])(
  'from the first commit of erasing a folder on, which %s does, no process gives any of its images, however hot they are',
  async (who) => {
    const { backend, records, ports, second, lines, databasePath } = await twoServers();
    const database = findDriver()(databasePath);
    const key = database.prepare("SELECT is_destroyed FROM folder_keys WHERE folder = 'gone'");
    /** Set at the moment when somebody else can see that the key is gone. */
    let isErased = false;
    let isOver = false;
    let goOn = () => {};
    /** Told by the load, which goes on meanwhile. */
    const until = (isReached: () => boolean) =>
      new Promise<void>((resolve) => {
        goOn = () => isReached() && resolve();
      });
    let [before, after, afterwardsGiven, keptMissing] = [0, 0, 0, 0];

    function note(asked: readonly ImageRecord[], states: readonly number[], wasErased: boolean): void {
      for (const [index, { id }] of asked.entries()) {
        const isGone = id.startsWith('gone:');
        if (!isGone && states[index] !== success) keptMissing += 1;
        if (!isGone) continue;
        if (!wasErased) before += states[index] === success ? 1 : 0;
        else if (states[index] === notFound) after += 1;
        else afterwardsGiven += 1;
      }
      goOn();
    }

    const load = ports.flatMap((port) =>
      Array.from({ length: 3 }, async (_, lane) => {
        for (let at = lane * inBatch; !isOver; at = (at + inBatch) % records.length) {
          const asked = records.slice(at, at + inBatch);
          const wasErased = isErased;
          if (lane > 0) note(asked, await askAll(port, asked), wasErased);
          else {
            const [one] = asked as [ImageRecord];
            note([one], [await askOne(port, one)], wasErased);
          }
        }
      }),
    );
    await until(() => before >= 1_000); // by now they are hot

    let isDone: Promise<unknown>;
    if (who === 'this process') isDone = backend.deleteImages('gone');
    else {
      second.send('gone');
      isDone = lines.next();
    }
    while (key.get()?.is_destroyed !== 1) await nextTurn();
    isErased = true;
    await isDone;
    await until(() => after >= 1_000);
    isOver = true;
    await Promise.all(load);
    database.close();

    for (const record of records)
      expect(backend.getImageRecord(record.id) === null).toBe(record.id.startsWith('gone:'));
    console.log(`answers of erased images before: ${before}, after: ${after}, of which given: ${afterwardsGiven}`);
    expect({ afterwardsGiven, keptMissing }).toEqual({ afterwardsGiven: 0, keptMissing: 0 });
  },
);
