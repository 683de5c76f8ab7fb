import assert from 'node:assert/strict';
import type { ImageVersion } from '../../stores/port.js';
import type { FoundPart, KeepOutcome, RowStore, RowVersion, Walk } from '../../stores/split/row-store.js';
import { assertRecord, bytesOf, versionOf } from '../versions.js';

const hexOf = (seed: string, bytes: number): string => Buffer.from(bytesOf(seed, bytes)).toString('hex');

/** Id of a session; the later it began (s since 1970), the greater. */
export function sessionOf(seed: string, begun = 1_000_000): string {
  return begun.toString(16).padStart(8, '0') + hexOf(`session ${seed}`, 4);
}

/** A session that was begun. @returns its id */
export async function beginSession(rows: RowStore, seed = 'one', begun = 1_000_000): Promise<string> {
  const id = sessionOf(seed, begun);
  await rows.beginSession({ id, begun: begun * 1000 });
  return id;
}

/** The same version as rows: all of it in them, or, when a session is given, all but the names of its blobs elsewhere. */
export function rowsOf({ id, token, parts }: ImageVersion, session: string | null = null): RowVersion {
  return {
    id,
    token,
    session,
    parts: parts.map(({ ciphertext, ...part }) => ({
      ...part,
      size: ciphertext.length,
      ciphertext: session ? null : ciphertext,
      blob: session && blobNameOf(session, `${id}.${part.variant}@${token}`),
    })),
  };
}

export const blobNameOf = (session: string, seed: string): string => `${session}/${hexOf(`blob ${seed}`, 16)}`;

/** The blobs that rows name, in the order of names. */
export function blobsOf(...versions: RowVersion[]): string[] {
  return versions.flatMap(({ parts }) => parts.flatMap(({ blob }) => blob ?? [])).sort();
}

/** Puts a version, in rows or in blobs of a session. @returns its rows */
export async function put(
  rows: RowStore,
  version: ImageVersion,
  session: string | null = null,
  expected: Parameters<RowStore['put']>[1] = null,
): Promise<RowVersion> {
  const row = rowsOf(version, session);
  assert.equal((await rows.put(row, expected)).kind, 'done', `${version.id} was not kept`);
  return row;
}

/** A small version. */
export const small = (id: string, token: number, variants: readonly string[] = []): ImageVersion =>
  versionOf(id, token, 300, variants);

export function assertDone(outcome: KeepOutcome): Extract<KeepOutcome, { kind: 'done' }> {
  assert.equal(outcome.kind, 'done', outcome.kind === 'failed' ? `it failed: ${outcome.error}` : undefined);
  return outcome as Extract<KeepOutcome, { kind: 'done' }>;
}

/** All parts are found as these rows have them, whichever way one asks, and no others. */
export async function assertKept(rows: RowStore, version: ImageVersion, row: RowVersion): Promise<void> {
  const { id } = version;
  for (const { variant, ciphertext, blob } of row.parts) {
    const found = await rows.find(id, variant);
    assertFound(found, version, variant);
    assert.equal(found?.blob ?? null, blob);
    if (ciphertext) assert.ok(Buffer.compare(found?.ciphertext as Uint8Array, ciphertext) === 0, 'another ciphertext');
    else assert.equal(found?.ciphertext, null);
    assertRecord(await rows.record(id, variant), version, variant);
  }
  const all = await rows.version(id);
  assert.equal(all[0]?.variant, undefined);
  assert.deepEqual(variantsOf(all), variantsOf(row.parts));
  const names = row.parts.map(({ variant }) => ({ id, variant }));
  for (const record of await rows.records(names)) assertRecord(record, version, record?.variant);
}

function assertFound(found: FoundPart | null, version: ImageVersion, variant?: string): void {
  assert.ok(found, `${version.id} was not found, or not its variant ${variant}`);
  assertRecord(found.record, version, variant);
}

const variantsOf = (parts: readonly { variant?: string | undefined }[]) =>
  parts.map(({ variant }) => String(variant)).sort();

/** There is no such image, whichever way one asks. */
export async function assertGone(rows: RowStore, { id, parts }: Pick<RowVersion, 'id' | 'parts'>): Promise<void> {
  for (const { variant } of parts) {
    assert.equal(await rows.find(id, variant), null, `${id} is found`);
    assert.equal(await rows.record(id, variant), null, `${id} has a record`);
  }
  assert.deepEqual(await rows.version(id), []);
  assert.ok((await rows.records(parts.map(({ variant }) => ({ id, variant })))).every((record) => record === null));
  assert.ok(!(await collect(rows.list())).includes(id), `${id} is in the list`);
  const walks = [...(await collect(rows.sealedKeys())), ...(await collect(rows.parts?.() ?? []))];
  for (const { id: other } of walks.flat()) assert.notEqual(other, id);
}

export async function collect<Item>(walk: Walk<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of walk) items.push(item);
  return items;
}

/** All that one can see of rows, so that "nothing was changed" can be told. */
export async function stateOf(rows: RowStore): Promise<unknown> {
  const found: unknown[] = [];
  for (const id of await collect(rows.list())) {
    for (const { variant } of await rows.version(id)) {
      const part = await rows.find(id, variant);
      const { token, size, sealedKey } = part?.record ?? {};
      found.push([id, variant, token, size, Buffer.from(sealedKey ?? []).toString('hex'), part?.blob]);
    }
  }
  return {
    found,
    usage: await rows.usage(),
    givenUp: (await collect(rows.givenUpBlobs())).sort(),
    inBlobs: (await collect(rows.partsInBlobs())).map(({ blob }) => blob).sort(),
    removed: await rows.lastRemovedToken(),
    ended: (await collect(rows.endedSessions())).sort(),
  };
}

/** Calls of the same moment end, and others begin. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
