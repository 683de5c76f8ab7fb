import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Keeps what a page runs of pixstore for `npm run coverage`, which sets PIXSTORE_COVERAGE_DIR; does nothing otherwise.
 * The page's bundle must carry an inline source map (`sourcemap: 'inline'` in esbuild). Workers are not seen.
 *
 * @param {import('playwright-core').Page} page before its first navigation
 * @returns {Promise<() => Promise<void>>} to be called before the page is closed
 *
 * @example
 * const keepCoverage = await startPageCoverage(page);
 * await page.goto(url);
 * await keepCoverage();
 */
export async function startPageCoverage(page) {
  const folder = process.env.PIXSTORE_COVERAGE_DIR;
  if (!folder) return async () => {};
  await page.coverage.startJSCoverage({ resetOnNavigation: false });
  return async () => {
    const scripts = await page.coverage.stopJSCoverage();
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `${randomUUID()}.json`), JSON.stringify(scripts));
  };
}
