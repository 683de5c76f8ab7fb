import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { startBackend, type TestBackend } from '../browser/harness/backend.js';
import { subjects } from './cases/index.js';
import type { Engine, EngineName, Tab } from './drivers/engine.js';
import { type CaseSite, serveCase } from './server/case-site.js';

// Milliseconds a case may take. A machine that is busy with three browsers and more takes its time.
const usualPatience = 50_000;
// Proofs live one to two of these: none expires unless a case says so.
const window = 200_000;

/** Runs every case in one engine, each on an origin of its own, and reports it as a test. */
export function testEngine(name: EngineName, launch: () => Promise<Engine>): void {
  const sites: CaseSite[] = [];
  let engine: Engine | undefined;
  let tab: Tab | undefined;
  let backend: TestBackend | undefined;

  beforeAll(async () => {
    [engine, backend] = await Promise.all([launch(), startBackend({ statelessKeyWindowLength: window })]);
  });
  beforeEach(() => {
    if (backend) backend.clock.ahead = 0;
  });
  afterAll(async () => {
    await tab?.close();
    await engine?.close();
    await Promise.all([backend?.close(), ...sites.map((site) => site.close())]);
  });

  describe.each(Object.entries(subjects))('%s', (_subject, cases) => {
    for (const { title, skip, patience = usualPatience } of cases) {
      const reason = skip?.[name];
      test.skipIf(reason !== undefined)(
        reason === undefined ? title : `${title} (${reason})`,
        { timeout: 2 * patience },
        async () => {
          if (!engine || !backend) throw new Error('The browser or the backend did not start.');
          const site = await serveCase(backend, engine);
          sites.push(site);
          const current = tab ?? (await engine.open());
          tab = undefined;
          await current.go(site.url(name, title));
          const problem = await inTime(patience, site.outcome);
          await site.finish();
          if (problem === undefined) {
            tab = current;
            return;
          }
          // Whatever state its page is in: the next case gets another.
          await current.close();
          throw new Error(problem);
        },
      );
    }
  });
}

/** An outcome that comes before the test runner loses patience, so that what was opened is closed. */
async function inTime(patience: number, outcome: Promise<string | undefined>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`The page did not come to its end within ${patience} ms.`), patience);
  });
  const first = await Promise.race([outcome, tooLate]);
  clearTimeout(timer);
  return first;
}
