import type { RowStore, Walk } from '../../../src/stores/split/row-store.js';

const walks = ['list', 'sealedKeys', 'folderKeys', 'partsInBlobs', 'givenUpBlobs', 'endedSessions'];

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The same rows as a database behind a network has them: every answer is a promise, and takes a turn of the loop. */
export function asynchronous(rows: RowStore): RowStore {
  return new Proxy(rows, {
    get(target, name) {
      if (name === 'supports') return { ...target.supports, syncRecords: false };
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      const call = (args: unknown[]): unknown => member.apply(target, args);
      if (walks.includes(String(name))) return (...args: unknown[]) => slowly(() => call(args) as Walk<unknown>);
      return async (...args: unknown[]) => {
        await nextTurn();
        const answer = await call(args);
        await nextTurn();
        return answer;
      };
    },
  });
}

async function* slowly(begin: () => Walk<unknown>): AsyncGenerator {
  await nextTurn();
  for await (const item of begin()) yield item;
}
