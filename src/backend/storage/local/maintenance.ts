import type { StoreProblem } from '../port.js';
import type { BlobFiles } from './blob-files.js';
import type { Reads } from './reads.js';

/** Names of files that no row names and that were last written before `before` (ms since 1970). */
export async function* findLeftovers(reads: Reads, files: BlobFiles, before: number): AsyncIterable<string> {
  for await (const { name, modified } of files.list()) {
    if (modified <= before && !reads.isFileInUse(name)) yield name;
  }
}

/** Rows whose file is gone or has another size, and the leftovers given. */
export async function findProblems(
  reads: Reads,
  files: BlobFiles,
  leftovers: AsyncIterable<string>,
): Promise<StoreProblem[]> {
  const problems: StoreProblem[] = [];
  for (let page = reads.partsInFiles(''); page.length > 0; page = reads.partsInFiles(page.at(-1)?.file as string)) {
    for (const { id, file, size } of page) {
      const found = await files.size(file);
      // An update may have replaced the file since the page was read.
      if (found === size || !reads.isFileInUse(file)) continue;
      problems.push({ kind: found === null ? 'ciphertext-missing' : 'ciphertext-damaged', subject: id });
    }
  }
  for await (const name of leftovers) problems.push({ kind: 'leftover', subject: name });
  return problems;
}
