import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { convert } from 'ast-v8-to-istanbul';
import { parseAstAsync } from 'vite';
import { root } from '../run.mjs';

/** @typedef {import('istanbul-lib-coverage').CoverageMapData} CoverageMapData */

/**
 * What pages ran, file by file of src/, from the files that page-coverage.mjs wrote.
 *
 * @param {string} folder
 * @returns {AsyncGenerator<CoverageMapData>} one for every script that a page loaded
 */
export async function* coverageOfPages(folder) {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const scripts = JSON.parse(await readFile(join(folder, name), 'utf8'));
    for (const script of scripts) {
      const sourceMap = inlineSourceMap(script.source ?? '');
      if (sourceMap) yield await coverageOfScript(script, sourceMap);
    }
  }
}

/**
 * @param {{ source: string, functions: any[] }} script
 * @param {any} sourceMap
 */
async function coverageOfScript({ source, functions }, sourceMap) {
  // As if the bundle lay in the root of the project, so that its sources are found in src/.
  const url = pathToFileURL(join(root, 'bundle.js')).href;
  const sources = sourceMap.sources.map(
    (/** @type {string} */ path) => /(?:^|\/)(src\/.+\.ts)$/.exec(path)?.[1] ?? path,
  );
  return /** @type {CoverageMapData} */ (
    await convert({
      ast: parseAstAsync(source),
      code: source,
      coverage: { url, functions },
      sourceMap: { ...sourceMap, sources },
    })
  );
}

/** @param {string} code */
function inlineSourceMap(code) {
  const data = /\/\/# sourceMappingURL=data:application\/json;(?:charset=utf-8;)?base64,(\S+)\s*$/.exec(code)?.[1];
  return data === undefined ? undefined : JSON.parse(Buffer.from(data, 'base64').toString('utf8'));
}
