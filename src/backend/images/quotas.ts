import { kindOf } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { andThen, type MaybePromise } from '../../shared/maybe-promise.js';
import { folderOf, isToken } from '../../shared/protocol/image-id.js';
import type { ImageStore, Quota, StoreUsage } from '../../stores/port.js';

/** What every folder may hold, or what each may, by its name: `''` for images without one. Undefined: anything. */
export type FolderLimits = Quota | ((dir: string) => Quota | undefined);

/** What the folder of an image may hold; undefined when that has no limit. @throws PixstoreError `CONFIG_INVALID` */
export type QuotaOf = (id: string) => Quota | undefined;

/** Is this what a folder may hold? A promise and a list are none: they would look like a quota without a limit. */
export function isQuota(value: unknown): value is Quota {
  if (typeof value !== 'object' || value === null || Symbol.iterator in value || 'then' in value) return false;
  return Object.entries(value).every(([name, limit]) => {
    return (name === 'images' || name === 'bytes') && (limit === undefined || isToken(limit));
  });
}

/** @throws PixstoreError `CONFIG_INVALID` when the store keeps no quotas: a limit that nobody keeps is none */
export function createQuotas(limits: FolderLimits | undefined, store: ImageStore): QuotaOf {
  if (limits === undefined) return () => undefined;
  if (!store.supports.quotas) {
    throw new PixstoreError(
      'CONFIG_INVALID',
      'The option "limits" needs a store that keeps quotas; this one does not say that it does. Leave the option out, or use another store.',
    );
  }
  if (typeof limits !== 'function') return () => limits;
  return (id) => {
    const quota: unknown = limits(folderOf(id));
    if (quota === undefined || isQuota(quota)) return quota;
    if (quota instanceof Promise) quota.catch(() => {});
    throw new PixstoreError(
      'CONFIG_INVALID',
      `The function in the option "limits" must return { images?, bytes? } in whole numbers, or undefined; it returned ${kindOf(quota)}.`,
    );
  };
}

/**
 * Refuses early what has no room anyway, before it is encrypted and written. What counts is what the store says when it
 * commits.
 */
export function requireRoom(store: ImageStore, id: string, quota: Quota | undefined): MaybePromise<void> {
  const usage = quota && store.folderUsage?.(folderOf(id));
  return usage && andThen(usage, (used) => requireRest(used, quota));
}

function requireRest(used: StoreUsage, most: Quota): void {
  const isFull = (name: keyof StoreUsage) => most[name] !== undefined && used[name] >= most[name];
  if (!isFull('images') && !isFull('bytes')) return;
  throw new PixstoreError(
    'QUOTA_EXCEEDED',
    'The folder holds as much as it may already. Delete images of it, or raise its limit.',
  );
}
