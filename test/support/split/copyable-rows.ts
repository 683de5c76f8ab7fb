import { createMemoryRows } from '../../../src/stores/memory/memory-rows.js';
import type { RowStore } from '../../../src/stores/split/row-store.js';

export interface CopyableRows {
  /** They stay when a store on them is closed: another may be opened. */
  rows: RowStore;
  /** The same rows at this moment, elsewhere: as a dump of a database has them. */
  copy(place?: string): Promise<CopyableRows>;
}

const changes = [
  ...['put', 'addParts', 'remove', 'reseal', 'putKeyRing', 'addFolderKey', 'destroyFolderKeys', 'forgetBlobs'],
  ...['eraseKeys', 'removeErased', 'endErasure', 'beginSession', 'endSessions', 'forgetSession'],
  ...['noteMarked', 'doubt', 'adopt'],
];

type Call = [name: string, args: unknown[]];

/** Rows in memory whose changes are kept, so that they can be made again in a copy. */
export function createCopyableRows(inlineUpTo = 0, place: string | null = null): CopyableRows {
  return replay([], createMemoryRows().identity() as { id: string }, inlineUpTo, place);
}

function replay(
  calls: readonly Call[],
  { id }: { id: string },
  inlineUpTo: number,
  place: string | null,
): CopyableRows {
  const memory = createMemoryRows({ inlineUpTo });
  const made: Call[] = [];
  const call = (name: string, args: unknown[]): unknown => Reflect.get(memory, name)(...args);
  const change =
    (name: string) =>
    (...args: unknown[]) => {
      made.push([name, structuredClone(args)]);
      return call(name, args);
    };
  for (const [name, args] of calls) void change(name)(...args); // changes in memory are made at once
  const rows: RowStore = {
    ...memory,
    ...Object.fromEntries(changes.map((name) => [name, change(name)])),
    identity: () => ({ ...(memory.identity() as Awaited<ReturnType<RowStore['identity']>>), id, place }),
    close: async () => {},
  };
  return { rows, copy: async (elsewhere) => replay(made, { id }, inlineUpTo, elsewhere ?? place) };
}
