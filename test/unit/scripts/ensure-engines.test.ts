import { afterEach, expect, test, vi } from 'vitest';
import { findFirefox, findWebKit } from '../../../scripts/ensure-engines.mjs';

afterEach(() => vi.unstubAllEnvs());

test('FIREFOX_PATH is taken before any other browser', async () => {
  vi.stubEnv('FIREFOX_PATH', process.execPath);
  expect(await findFirefox()).toBe(process.execPath);
});

test('a FIREFOX_PATH that does not start is said, not passed over', async () => {
  vi.stubEnv('FIREFOX_PATH', `${process.execPath}-missing`);
  await expect(findFirefox()).rejects.toThrow('FIREFOX_PATH does not name');
});

test('without a Firefox the error says how to install one', async () => {
  vi.stubEnv('FIREFOX_PATH', '');
  vi.stubEnv('PATH', '');
  vi.spyOn(process, 'platform', 'get').mockReturnValue('linux');
  await expect(findFirefox()).rejects.toThrow('apt-get install -y firefox-esr');
});

test('without WebKit, its bus or its display the error says how to install them', async () => {
  vi.stubEnv('PATH', '');
  await expect(findWebKit()).rejects.toThrow('apt-get install -y webkit2gtk-driver xvfb xauth dbus');
});
