import { equal, eventually, has } from '../page/expect.js';
import type { Frame } from '../page/pages.js';
import type { Case } from './case.js';

/** How a page makes each kind of worker, and the port by which it then talks to it. */
const kinds: Record<string, (window: Frame['window']) => MessagePort> = {
  dedicated: (window) => portTo(window, new window.Worker('/worker.js')),
  module: (window) => portTo(window, new window.Worker('/worker.js', { type: 'module' })),
  shared: (window) => new window.SharedWorker('/worker.js').port,
};

export const workers: Case[] = Object.entries(kinds).map(([kind, make]) => ({
  title: `a ${kind} worker gets images too, and shares the disk cache with pages`,
  async run({ control, endpoint, openFrame }) {
    const { record, sha256 } = await control.save('cat.png');
    const page = await openFrame();
    const port = make(page.window);
    const answer = await new Promise((resolve) => {
      port.onmessage = ({ data }) => resolve(data);
      port.postMessage({ config: endpoint, record });
    });
    equal(answer, { type: 'image/png', bytes: 305330, sources: ['network', 'memory'] });
    await eventually(() => page.cachedIds(), [record.id]);
    await page.start({});
    has(await page.get(record), { sha256 });
    equal(await page.sources(), ['disk']);
  },
}));

function portTo(window: Frame['window'], worker: Worker): MessagePort {
  const { port1, port2 } = new window.MessageChannel();
  worker.postMessage(null, [port2]);
  return port1;
}
