import { expect, onTestFinished, test, vi } from 'vitest';
import { createTabChannel, type Logout } from '../../../../src/frontend/cache/other-tabs.js';
import { usePageEvents } from './disk.js';

let names = 0;

/** A tab of a site, and what it was told. */
function openTab(name: string) {
  const told: (string | Logout)[] = [];
  const tab = createTabChannel(name, {
    onDelete: (id) => told.push(id),
    onLogout: (logout) => told.push(logout),
    onReturn: () => told.push('return'),
    onLook: () => told.push('look'),
  });
  onTestFinished(() => tab.close());
  return { ...tab, told };
}

const logout = { number: 7, keepShown: true };

test('what one tab deletes or clears the others are told, and it is not', async () => {
  const name = `site-${names++}`;
  const [one, two, three] = [openTab(name), openTab(name), openTab(name)];
  one.tell('cats:tom');
  one.tell(logout);
  for (const other of [two, three]) await expect.poll(() => other.told).toEqual(['cats:tom', logout]);
  expect(one.told).toEqual([]);
});

test('tabs with another database are told nothing, and neither are closed ones, which tell nothing', async () => {
  const name = `site-${names++}`;
  const [one, two, stranger, closed] = [openTab(name), openTab(name), openTab(`${name}-2`), openTab(name)];
  closed.close();
  closed.tell('cats:tom');
  one.tell(logout);
  await expect.poll(() => two.told).toEqual([logout]);
  expect([...stranger.told, ...closed.told]).toEqual([]);
});

test.each([
  ['of an older pixstore', undefined],
  ['of a script that says anything', { number: Infinity, keepShown: 'yes' }],
])('a message %s is a logout that keeps nothing', async (_, message) => {
  const name = `site-${names++}`;
  const tab = openTab(name);
  const channel = new BroadcastChannel(`pixstore:${name}`);
  onTestFinished(() => channel.close());
  channel.postMessage(message);
  await expect.poll(() => tab.told).toEqual([{ number: 0, keepShown: false }]);
});

test.each([
  ['has no BroadcastChannel', undefined],
  [
    'forbids it',
    class {
      constructor() {
        throw new DOMException('no', 'SecurityError');
      }
    },
  ],
])('a browser that %s tells nobody', (_, replacement) => {
  vi.stubGlobal('BroadcastChannel', replacement);
  onTestFinished(() => void vi.unstubAllGlobals());
  const alone = openTab('alone');
  alone.tell('a');
  alone.tell(logout);
  alone.close();
});

test('a page that comes back from the back/forward cache is told that it may have missed something', () => {
  const page = new EventTarget();
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  onTestFinished(() => void vi.unstubAllGlobals());
  const tab = openTab(`site-${names++}`);
  const show = (persisted: boolean) => page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted }));
  show(false);
  expect(tab.told).toEqual([]);
  show(true);
  expect(tab.told).toEqual(['return']);
  tab.close();
  show(true);
  expect(tab.told).toEqual(['return']);
});

test('a page that is looked at again looks for what it was not told, and one that is hidden does not', () => {
  const dispatch = usePageEvents();
  const document = { visibilityState: 'hidden' };
  vi.stubGlobal('document', document);
  const tab = openTab(`site-${names++}`);
  dispatch('visibilitychange');
  expect(tab.told).toEqual([]);
  document.visibilityState = 'visible';
  dispatch('visibilitychange');
  expect(tab.told).toEqual(['look']);
});
