import type { BlobStore } from '../stores/split/blob-store.js';
import { assertKept, blobOf } from './blobs/blob-bytes.js';
import { blobListChecks } from './blobs/blob-list-checks.js';
import { blobReadChecks } from './blobs/blob-read-checks.js';
import { blobSharingChecks } from './blobs/blob-sharing-checks.js';
import { blobWriteChecks } from './blobs/blob-write-checks.js';
import { testsWith } from './registering.js';

/** A store of blobs under test, and how to get rid of it. */
export interface OpenedBlobs {
  blobs: BlobStore;
  /**
   * Another one over the same blobs, as another process has it. Left out where there can be none, as in memory. The suite
   * closes it.
   */
  another?(): Promise<BlobStore>;
  destroy(): Promise<void>;
}

export interface BlobStoreSuiteOptions {
  /** Registers a test: `test` of Vitest, node:test or others. */
  test(name: string, run: () => Promise<void>): void;
  /** Opens an empty store of blobs; every test gets one of its own. */
  open(): Promise<OpenedBlobs>;
}

/** Registers a test that gets an empty store of blobs of its own. */
export type BlobCheck = (name: string, run: (blobs: BlobStore, opened: OpenedBlobs) => Promise<void>) => void;

/**
 * Checks that a store of blobs keeps the contract of `BlobStore`. It writes some thousand blobs, and a few of some MiB.
 *
 * @example
 * describe('my blobs', () => blobStoreSuite({ test, open: openMyBlobs }));
 */
export function blobStoreSuite({ test, open }: BlobStoreSuiteOptions): void {
  const each = testsWith(test, open, ({ blobs }) => blobs.close?.());
  const check: BlobCheck = (name, run) => each(name, (opened) => run(opened.blobs, opened));

  blobWriteChecks(check);
  blobReadChecks(check);
  blobListChecks(check);
  blobSharingChecks(check);

  test('has everything again after it was closed', async () => {
    const { blobs, another, destroy } = await open();
    const { name, bytes } = blobOf('one', 100_000);
    await blobs.write(name, bytes);
    await blobs.close?.();
    const again = await another?.();
    if (again) await assertKept(again, name, bytes);
    await again?.close?.();
    await destroy();
  });
}
