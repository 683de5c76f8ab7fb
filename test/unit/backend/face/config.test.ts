import { expect, onTestFinished, test, vi } from 'vitest';
import { readBackendConfig } from '../../../../src/backend/face/config.js';

test('unless told otherwise, all that is logged goes to stderr: stdout is the output of the program', () => {
  const onStdout = [vi.spyOn(console, 'log'), vi.spyOn(console, 'info'), vi.spyOn(console, 'debug')];
  const onStderr: string[] = [];
  const noted = (line: string) => void onStderr.push(line);
  vi.spyOn(console, 'warn').mockImplementation(noted);
  vi.spyOn(console, 'error').mockImplementation(noted);
  onTestFinished(() => void vi.restoreAllMocks());

  const log = (logger = readBackendConfig({}).logger) => {
    for (const level of ['info', 'warn', 'error'] as const) logger[level](level);
  };
  log();
  const broken = () => {
    throw new Error('the disk is full');
  };
  log(readBackendConfig({ logger: { info: broken, warn: broken, error: broken } }).logger);
  expect(onStderr).toEqual(['info', 'warn', 'error', 'info', 'warn', 'error']);
  for (const spy of onStdout) expect(spy).not.toHaveBeenCalled();
});
