import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkFile } from './imports/check-file.mjs';
import { ruledFolders, table } from './imports/table.mjs';
import { root, runAsProgram } from './run.mjs';

const code = /\.[cm]?[jt]sx?$/;
const notOurs = ['node_modules', 'dist', 'data'];

/**
 * @param {string} folder
 * @returns {AsyncGenerator<string>}
 */
async function* codeFiles(folder) {
  if (!existsSync(join(root, folder))) return;
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory() && !notOurs.includes(entry.name)) yield* codeFiles(path);
    if (entry.isFile() && code.test(entry.name)) yield path;
  }
}

await runAsProgram(import.meta.url, async () => {
  const problems = [];
  let count = 0;
  for (const folder of ruledFolders) {
    for await (const file of codeFiles(folder)) {
      count += 1;
      problems.push(...checkFile(table, file, await readFile(join(root, file), 'utf8')));
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  console.log(`${count} files keep to the import table.`);
});
