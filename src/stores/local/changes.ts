import { createBatcher } from './batcher.js';
import type { BlobFiles } from './blob-files.js';
import type { Command, Done, Outcome } from './commands.js';
import type { Identity } from './identity.js';
import type { Reads } from './reads.js';
import type { RecordCache } from './record-cache.js';
import type { Writer } from './writer.js';

export interface ChangesOptions {
  writer: Writer;
  reads: Reads;
  cache: RecordCache;
  files: BlobFiles;
  identity: Identity;
}

// One commit takes so many changes at most, so that none waits long behind the others.
const maxCommit = { items: 256, bytes: 8 * 1024 * 1024 };

export type Changes = ReturnType<typeof createChanges>;

/** Changes to the database, those of one moment in one commit; and what follows from them for blobs. */
export function createChanges({ writer, reads, cache, files, identity }: ChangesOptions) {
  // Names of blobs that were given up and are gone. That they are goes along with the next change.
  const gone: string[] = [];

  const submit = createBatcher<Command, Outcome>((commands) => write(commands).finally(cache.expire), {
    maxItems: maxCommit.items,
    maxWeight: maxCommit.bytes,
    weigh: (command) => ('rows' in command ? command.rows.reduce((sum, { size }) => sum + size, 0) : 0),
  });

  async function write(commands: Command[]): Promise<Outcome[]> {
    const forgotten = gone.splice(0);
    if (forgotten.length === 0) return writer.run(commands);
    const outcomes = await writer.run([...commands, { kind: 'forget-blobs', files: forgotten }]);
    return outcomes.slice(0, -1);
  }

  /** Removes blobs that a commit has given up. It is done already: what cannot be removed is left to `sweep`. */
  async function removeGivenUp(names: readonly string[]): Promise<void> {
    for (const name of names) {
      try {
        if (!identity.mayRemove(name)) continue;
        if (!reads.isFileInUse(name)) await files.remove(name);
        gone.push(name);
      } catch {
        // It is noted as given up.
      }
    }
  }

  /** @returns what became of it, once it is durable */
  async function outcomeOf(command: Command): Promise<Outcome> {
    const outcome = await submit(command);
    if (outcome.kind === 'done') await removeGivenUp(outcome.released);
    return outcome;
  }

  return {
    outcomeOf,

    /**
     * The same for who only wants it done.
     *
     * @returns null when it was refused
     * @throws why it failed
     */
    async make(command: Command): Promise<Done | null> {
      const outcome = await outcomeOf(command);
      if (outcome.kind === 'failed') throw outcome.error;
      return outcome.kind === 'done' ? outcome : null;
    },

    /** To be called when nothing is under way any more. */
    async close(): Promise<void> {
      if (gone.length > 0) await submit({ kind: 'forget-blobs', files: gone.splice(0) }).catch(() => {});
      await writer.close();
    },
  };
}
