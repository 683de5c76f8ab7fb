import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { startBackend, type TestBackend } from '../browser/harness/backend.js';
import { subjects } from './cases/index.js';
import type { Engine, EngineName } from './drivers/engine.js';
import { type CaseSite, serveCase } from './server/case-site.js';

/** Runs every case in one engine, each on an origin of its own, and reports it as a test. */
export function testEngine(name: EngineName, launch: () => Promise<Engine>): void {
  const sites: CaseSite[] = [];
  let engine: Engine | undefined;
  let backend: TestBackend | undefined;

  beforeAll(async () => {
    [engine, backend] = await Promise.all([launch(), startBackend()]);
  });
  beforeEach(() => {
    if (backend) backend.clock.ahead = 0;
  });
  afterAll(async () => {
    await engine?.close();
    await Promise.all([backend?.close(), ...sites.map((site) => site.close())]);
  });

  describe.each(Object.entries(subjects))('%s', (_subject, cases) => {
    for (const { title, skip } of cases) {
      const reason = skip?.[name];
      test.skipIf(reason !== undefined)(reason === undefined ? title : `${title} (${reason})`, async ({ signal }) => {
        if (!engine || !backend) throw new Error('The browser or the backend did not start.');
        const site = await serveCase(backend, engine);
        sites.push(site);
        const tab = await engine.open(site.url(name, title));
        try {
          const tooLate = new Promise<string>((resolve) =>
            signal.addEventListener('abort', () => resolve('the page did not come to an end')),
          );
          const problem = await Promise.race([site.outcome, tooLate]);
          if (problem !== undefined) throw new Error(problem);
        } finally {
          await site.finish();
          await tab.close();
        }
      });
    }
  });
}
