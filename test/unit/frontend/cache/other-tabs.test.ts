import { expect, onTestFinished, test, vi } from 'vitest';
import { createTabChannel } from '../../../../src/frontend/cache/other-tabs.js';

let names = 0;

/** A tab of a site, and what it was told. */
function openTab(name: string) {
  const told: string[] = [];
  const tab = createTabChannel(name, {
    onDelete: (id) => told.push(`delete ${id}`),
    onClear: () => told.push('clear'),
    onReturn: () => told.push('return'),
  });
  onTestFinished(() => tab.close());
  return { ...tab, told };
}

test('what one tab deletes or clears the others are told, and it is not', async () => {
  const name = `site-${names++}`;
  const [one, two, three] = [openTab(name), openTab(name), openTab(name)];
  one.tellDelete('cats:tom');
  one.tellClear();
  for (const other of [two, three]) await expect.poll(() => other.told).toEqual(['delete cats:tom', 'clear']);
  expect(one.told).toEqual([]);
});

test('tabs with another database are told nothing, and neither are closed ones', async () => {
  const name = `site-${names++}`;
  const [one, two, stranger, closed] = [openTab(name), openTab(name), openTab(`${name}-2`), openTab(name)];
  closed.close();
  one.tellClear();
  await expect.poll(() => two.told).toEqual(['clear']);
  expect([...stranger.told, ...closed.told]).toEqual([]);
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
  alone.tellDelete('a');
  alone.tellClear();
  alone.close();
});

test('a page that comes back from the back/forward cache is told that it may have missed something', () => {
  const page = new EventTarget();
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
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
