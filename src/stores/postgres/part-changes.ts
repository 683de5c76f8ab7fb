import { folderOf } from '../../shared/protocol/image-id.js';
import { type ExpectedToken, generationOf, type Quota, type Resealed } from '../port.js';
import type { KeepOutcome, RowPart, RowStore, RowVersion } from '../split/row-store.js';
import { statement } from './connections.js';
import { ChangeFailed, callOf, type Database } from './database.js';
import { outcomeUnknown } from './database-error.js';
import type { SqlRow } from './pool.js';
import { toBlobName, toCount } from './row.js';
import type { Names } from './tables.js';

const ofQuota = ['bigint', 'bigint'];
const ofParts = ['text[]', 'bigint[]', 'bigint[]', 'bytea[]', 'text[]', 'bigint[]', 'bytea'];

// Every so-manieth key that is sealed counts for so many: as good as exact among billions, and nobody waits for the count.
const countedAtOnce = 1_024;

type PartChanges = Pick<RowStore, 'put' | 'addParts' | 'remove' | 'removeErased' | 'reseal'>;

/** What changes images: each a call of a function in the database, and so one commit. */
export function createPartChanges(database: Database, names: Names, random: () => number = Math.random): PartChanges {
  const calls = {
    put: callOf(names, 'put_2', [
      'text',
      'text',
      'bigint',
      'bigint',
      'text',
      'bigint',
      'boolean',
      ...ofQuota,
      ...ofParts,
    ]),
    addParts: callOf(names, 'add_parts_2', [
      'text',
      'text',
      'bigint',
      'text',
      'bigint',
      'boolean',
      ...ofQuota,
      ...ofParts,
    ]),
    token: statement(`SELECT token FROM ${names.schema}.parts WHERE id = $1 AND variant = ''`),
    remove: callOf(names, 'remove_2', ['text', 'text', 'bigint']),
    removeErased: callOf(names, 'remove_erased_2', ['text', 'text']),
    reseal: callOf(names, 'reseal_2', [
      ...['text[]', 'text[]', 'text[]', 'bigint[]', 'bigint[]', 'bytea[]', 'bigint[]'],
    ]),
  };

  const counted = (sealedKeys: readonly Uint8Array[]): number =>
    sealedKeys.filter((key) => generationOf(key) !== null && random() * countedAtOnce < 1).length * countedAtOnce;

  const countedIn = (parts: readonly RowPart[]): number => counted(parts.map(({ sealedKey }) => sealedKey));

  /** After an attempt that may have been done, that it is refused says nothing: it may have been done and replaced since. */
  async function keep(
    change: ReturnType<Database['change']>,
    toDone: (row: SqlRow) => KeepOutcome,
  ): Promise<KeepOutcome> {
    try {
      const { rows, wasRepeated } = await change;
      const [row = {}] = rows;
      if (row.outcome === 'done') return toDone(row);
      if (wasRepeated) return { kind: 'failed', error: outcomeUnknown(), uncertain: true };
      return { kind: row.outcome as 'refused' | 'over-quota' | 'session-ended' };
    } catch (error) {
      if (!(error instanceof ChangeFailed)) throw error;
      return { kind: 'failed', error: error.error, uncertain: error.isUncertain };
    }
  }

  return {
    put({ id, token, session, parts, quota }, expectedToken) {
      const [sealed, values] = [countedIn(parts), partValues(parts)];
      const valuesFor = (isRepeated: boolean) => [
        ...[id, folderOf(id), token, expectedValue(expectedToken), session, sealed, isRepeated],
        ...quotaValues(quota),
        ...values,
      ];
      return keep(database.change(calls.put, valuesFor), ({ given_up: givenUp }) => ({
        kind: 'done',
        givenUp: toBlobNames(givenUp),
      }));
    },

    addParts({ id, token, session, parts, quota }) {
      const [sealed, values] = [countedIn(parts), partValues(parts)];
      const valuesFor = (isRepeated: boolean) => [
        ...[id, folderOf(id), token, session, sealed, isRepeated],
        ...quotaValues(quota),
        ...values,
      ];
      return keep(database.change(calls.addParts, valuesFor), ({ added }) => ({
        kind: 'done',
        givenUp: [],
        added: added as string[],
      }));
    },

    async remove(id) {
      const [stored] = await database.read(calls.token, [id]);
      if (!stored) return null;
      // When the answer is lost, another version may have been saved since: the next attempt leaves it.
      const valuesFor = (isRepeated: boolean) => [id, folderOf(id), isRepeated ? stored.token : null];
      const { rows, wasRepeated } = await database.unwrapped(database.change(calls.remove, valuesFor));
      const givenUp = rows[0]?.given_up ?? null;
      if (givenUp === null && wasRepeated) throw outcomeUnknown();
      return givenUp === null ? null : toBlobNames(givenUp);
    },

    // Of what was removed before a connection was cut, the count is lost.
    async removeErased(folder, after) {
      const [row = {}] = await database.make(calls.removeErased, [folder, after]);
      return { images: toCount(row.images), givenUp: toBlobNames(row.given_up), last: row.last as string | null };
    },

    async reseal(changes) {
      if (changes.length === 0) return 0;
      const [row = {}] = await database.make(calls.reseal, resealValues(changes, counted));
      return toCount(row.resealed);
    },
  };
}

const expectedValue = (expected: ExpectedToken): number | null => (expected === 'older' ? -1 : expected);

const toBlobNames = (names: unknown): string[] => (names as unknown[]).map(toBlobName);

const quotaValues = ({ images, bytes }: Quota = {}): unknown[] => [images ?? null, bytes ?? null];

/** 0 for what names none, as rows have it. */
const generationValue = (sealedKey: Uint8Array): number => generationOf(sealedKey) ?? 0;

function partValues(parts: RowVersion['parts']): unknown[] {
  let length = 0;
  const offsets = parts.map(({ ciphertext }) => {
    const offset = length;
    length += ciphertext?.length ?? 0;
    return ciphertext ? offset : null;
  });
  return [
    parts.map(({ variant }) => variant ?? ''),
    parts.map(({ sealedKey }) => generationValue(sealedKey)),
    parts.map(({ size }) => size),
    parts.map(({ iv, tag, sealedKey }) => Buffer.concat([iv, tag, sealedKey])),
    parts.map(({ blob }) => blob),
    offsets,
    // Bytes in arrays are sent as text, at twice their length: ciphertexts go in one piece, as they are.
    Buffer.concat(parts.flatMap(({ ciphertext }) => ciphertext ?? [])),
  ];
}

function resealValues(changes: readonly Resealed[], counted: (sealedKeys: readonly Uint8Array[]) => number): unknown[] {
  return [
    changes.map(({ id }) => id),
    changes.map(({ variant }) => variant ?? ''),
    changes.map(({ id }) => folderOf(id)),
    changes.map(({ token }) => token),
    changes.map(({ sealedKey }) => generationValue(sealedKey)),
    changes.map(({ sealedKey }) => Buffer.from(sealedKey)),
    changes.map(({ sealedKey }) => counted([sealedKey])),
  ];
}
