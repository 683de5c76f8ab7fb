import { createBatcher } from './batcher.js';
import type { Command, Done, Outcome } from './commands.js';
import type { RecordCache } from './record-cache.js';
import type { Writer } from './writer.js';

// One commit takes so many changes at most, so that none waits long behind the others.
const maxCommit = { items: 256, bytes: 8 * 1024 * 1024 };

// Names of blobs that are gone wait for the next change, but not more of them than this.
const mostForgottenLater = 1_000;

export type Changes = ReturnType<typeof createChanges>;

/** Changes to the database, those of one moment in one commit. */
export function createChanges(writer: Writer, cache: RecordCache) {
  // Names of blobs that were given up and are gone. That they are goes along with the next change.
  const gone: string[] = [];

  const submit = createBatcher<Command, Outcome>((commands) => write(commands).finally(cache.expire), {
    maxItems: maxCommit.items,
    maxWeight: maxCommit.bytes,
    // What lies in files is on the disk already.
    weigh: (command) =>
      'rows' in command ? command.rows.reduce((sum, { ciphertext }) => sum + (ciphertext?.length ?? 0), 0) : 0,
  });

  async function write(commands: Command[]): Promise<Outcome[]> {
    const forgotten = gone.splice(0);
    if (forgotten.length === 0) return writer.run(commands);
    const outcomes = await writer.run([...commands, { kind: 'forget-blobs', files: forgotten }]);
    return outcomes.slice(0, -1);
  }

  /**
   * @returns what it did, once it is durable; null when it was refused
   * @throws why it failed
   */
  async function make(command: Command): Promise<Done | null> {
    const outcome = await submit(command);
    if (outcome.kind === 'failed') throw outcome.error;
    return outcome.kind === 'done' ? outcome : null;
  }

  return {
    /** What became of a change, once it is durable. */
    outcomeOf: submit,

    make,

    async forgetBlobs(files: readonly string[]): Promise<void> {
      if (files.length < mostForgottenLater) gone.push(...files);
      else await make({ kind: 'forget-blobs', files: [...files] });
    },

    /** To be called when nothing is under way any more. */
    async close(): Promise<void> {
      if (gone.length > 0) await submit({ kind: 'forget-blobs', files: gone.splice(0) }).catch(() => {});
      await writer.close();
    },
  };
}
