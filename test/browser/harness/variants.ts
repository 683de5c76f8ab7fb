import { type BackendConfig, createMemoryStore, type ImageRecord, type ImageStore } from 'pixstore/backend';
import { smallPicture } from '../../support/small-picture.js';
import type { World } from './world.js';

/** Every image that {@link withVariants} keeps has these. */
export const variantNames = ['thumb', 'large', ...Array.from({ length: 50 }, (_, at) => `w_${at}`)];

/**
 * Options of a backend whose images all have variants, of the same bytes as the original. Without proofs, since they
 * cover the id, and the record of a variant is made here of that of its image.
 */
export function withVariants(): BackendConfig {
  const logger = { info() {}, warn() {}, error: console.error }; // it warns that there are no proofs
  return { store: storeWithVariants(), masterKey: 'ab'.repeat(32), statelessKeyWindowLength: -1, logger };
}

function storeWithVariants(): ImageStore {
  const store = createMemoryStore();
  return {
    ...store,
    put(version, expected) {
      const variants = version.parts.flatMap((part) => variantNames.map((variant) => ({ ...part, variant })));
      return store.put({ ...version, parts: [...version.parts, ...variants] }, expected);
    },
  };
}

/** The record of a variant. */
export const variantOf = (record: ImageRecord, variant: string): ImageRecord => ({
  ...record,
  id: `${record.id}.${variant}`,
});

let families = 0;

/** Saves an image, and others whose ids begin like its own; two of each are records of variants. */
export async function saveFamily({ backend }: World) {
  const key = `x${families++}q`;
  const save = async (id: string, dir?: string) => {
    const record = await backend.saveImage(smallPicture(), dir === undefined ? { id } : { id, dir });
    if (!record) throw new Error('The backend returned null.');
    return [record, variantOf(record, 'thumb'), variantOf(record, 'large')] as const;
  };
  const own = await save(key);
  const others = (await Promise.all([save(`${key}1`), save(`${key}-a`), save(key, 'a')])).flat();
  const all: ImageRecord[] = [...own, ...others];
  return { own, others, all };
}

/** As the test page tells of them. */
export const idsOf = (records: readonly ImageRecord[]): string[] => records.map(({ id }) => id).sort();
