import { afterEach, expect, test, vi } from 'vitest';
import { findBrowser } from '../../../scripts/ensure-browser.mjs';

afterEach(() => vi.unstubAllEnvs());

test('CHROME_PATH is taken before any other browser', async () => {
  vi.stubEnv('CHROME_PATH', process.execPath);
  expect(await findBrowser()).toBe(process.execPath);
});

test('a CHROME_PATH that does not start is said, not passed over', async () => {
  vi.stubEnv('CHROME_PATH', `${process.execPath}-missing`);
  await expect(findBrowser()).rejects.toThrow('CHROME_PATH does not name');
});

test('without any browser the error says how to install one', async () => {
  vi.stubEnv('CHROME_PATH', '');
  vi.stubEnv('PATH', '');
  vi.spyOn(process, 'platform', 'get').mockReturnValue('linux');
  vi.stubEnv('PLAYWRIGHT_BROWSERS_PATH', '/nowhere');
  await expect(findBrowser()).rejects.toThrow('install --with-deps chromium');
});
