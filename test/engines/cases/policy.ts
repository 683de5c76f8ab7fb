import { equal, eventually } from '../page/expect.js';
import type { Case } from './case.js';

export const policy: Case[] = [
  {
    title: 'the content security policy under which all cases run is in force',
    async run({ openFrame }) {
      const page = await openFrame();
      const refused = await page.window.fetch(location.origin).then(
        () => false,
        () => true,
      );
      equal(refused, true, 'a request to elsewhere is refused');
      equal(await evaluate(page.window), false, 'eval is allowed');
      await eventually(async () => (await page.problems()).length > 0, true, 'the violation is noticed');
    },
  },
];

function evaluate(window: Window & typeof globalThis): boolean {
  try {
    return Boolean(new window.Function('return true')());
  } catch {
    return false;
  }
}
