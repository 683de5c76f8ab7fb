import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jsonLines, runCli } from './support/run-cli.js';
import { folderWithStore } from './support/store.js';

test('the doctor says what is wrong in a line each, and in its exit code; warnings do not fail', async () => {
  const cwd = await folderWithStore();
  const well = await runCli(['doctor', '--json'], { cwd });
  expect(well.code).toBe(0);
  expect(jsonLines(well.stdout).filter(({ status }) => status === 'wrong')).toEqual([]);
  const http = await runCli(['doctor', '--url', 'http://example.com/x'], { cwd });
  expect(http).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('wrong\tendpoint\tPages reach the endpoint by http'),
  });
});

test('a file of --config whose packages are missing is what is wrong', async () => {
  const cwd = await folderWithStore();
  writeFileSync(join(cwd, 'config.mjs'), `import 'a-package-that-is-not-there'; export default {};`);
  const missing = await runCli(['doctor', '--config', 'config.mjs'], { cwd });
  expect(missing).toMatchObject({ code: 1, stdout: expect.stringMatching(/^wrong\toptions\t.*ERR_MODULE_NOT_FOUND/) });
  writeFileSync(join(cwd, 'config.mjs'), `export default { databasePaht: 'x' };`);
  expect((await runCli(['doctor', '--config', 'config.mjs'], { cwd })).stdout).toMatch(
    /^wrong\toptions\t.*"databasePaht"/m,
  );
});
