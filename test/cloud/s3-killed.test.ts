import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMemoryRows } from '../../src/stores/memory/memory-rows.js';
import { s3Blobs } from '../../src/stores/s3/s3-blobs.js';
import { splitStore } from '../../src/stores/split/split-store.js';
import type { ImageRecord } from '../../src/types/index.js';
import { openBackend, quietLogger } from '../support/backend.js';
import { s3Client, s3Server } from '../support/s3/bucket.js';
import { killS3Server, type S3Server, startS3Server, stopS3Server } from '../support/s3/server.js';
import { smallPicture, withMorePixels } from '../support/small-picture.js';
import { createClock, hours } from '../support/split/clock.js';

// Only one that was started here may be killed, and only one that keeps its data on a disk is the same again.
describe.skipIf(!s3Server?.folder)('an S3 server that is killed under load', () => {
  let server: S3Server;

  beforeAll(async () => {
    server = (await startS3Server('bluestore')) as S3Server;
    await s3Client(server).send(new CreateBucketCommand({ Bucket: 'killed' }));
  });
  afterAll(() => stopS3Server(server));

  test('has every picture that was said to be saved, and what else it has a sweep finds', async () => {
    const clock = createClock();
    const blobs = s3Blobs({ client: s3Client(server), bucket: 'killed', timeout: 1_000, attempts: 2 });
    const rows = createMemoryRows({ inlineUpTo: 0 });
    const store = splitStore(rows, blobs, { now: clock.now, logger: quietLogger() });
    const backend = await openBackend({ store, memoryCacheBytes: 0 });
    await backend.ready;
    const saved: { record: ImageRecord; bytes: Buffer }[] = [];
    const errors: string[] = [];
    let wrong = 0;
    let isOver = false;

    async function save(): Promise<void> {
      while (!isOver) {
        const bytes = withMorePixels(smallPicture(), randomBytes(20_000));
        try {
          saved.push({ record: (await backend.saveImage(bytes)) as ImageRecord, bytes });
        } catch (error) {
          errors.push((error as { code: string }).code);
        }
      }
    }

    async function read(): Promise<void> {
      for (let at = 0; !isOver; at += 1) {
        const one = saved[at % Math.max(saved.length, 1)];
        if (!one) await pause(5);
        else {
          try {
            const found = await backend.readImage(one.record.id);

            if (!found || !one.bytes.equals(found.bytes)) wrong += 1;
          } catch (error) {
            errors.push((error as { code: string }).code);
          }
        }
      }
    }

    const running = [...Array.from({ length: 4 }, save), ...Array.from({ length: 4 }, read)];
    for (let kill = 0; kill < 2; kill += 1) {
      const before = saved.length;
      await expect.poll(() => saved.length, { timeout: 30_000 }).toBeGreaterThan(before + 10);
      const { restart } = await killS3Server(server);
      await restart();
    }
    const before = saved.length;
    await expect.poll(() => saved.length, { timeout: 30_000 }).toBeGreaterThan(before + 10);
    isOver = true;
    await Promise.all(running);

    for (const { record, bytes } of saved) {
      expect(bytes.equals((await backend.readImage(record.id))?.bytes as Uint8Array)).toBe(true);
    }
    expect(wrong).toBe(0);
    expect(['STORAGE_FAILED', 'STORE_TIMEOUT']).toEqual(expect.arrayContaining([...new Set(errors)]));
    clock.pass(hours(5));
    await store.sweep();
    expect(await store.check()).toEqual([]);
    let count = 0;
    for await (const name of blobs.list('')) if (!/\/(sessions|epochs)\//.test(name)) count += 1;
    expect(count).toBe(saved.length);
  });
});
