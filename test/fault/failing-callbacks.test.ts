import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folders.js';
import { runNode } from './support/program.mjs';

const program = fileURLToPath(new URL('programs/failing-callbacks.mjs', import.meta.url));

test.each(['throw', 'reject'])(
  'a logger, subscribers and an error handler that %s neither end the process nor spoil the work',
  async (way) => {
    const { lines, complaint } = await runNode([program, await temporaryFolder(), way]);
    const events = 5; // save, update, serve, delete, and a save that fails
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
      logger: way === 'throw' ? 4 : 6, // a new key, two warnings, an id that is none; each failure of the handler
      subscriber: events,
      laterSubscriber: events,
      handler: 2,
      none: null,
      served: 1, // Updated
    });
    // What the logger did not take is not lost, and each channel that fails is named once.
    expect(lines.concat(complaint).join('\n')).toContain('statelessKeyWindowLength is -1');
    for (const channel of ['save', 'update', 'delete', 'serve']) {
      expect(complaint.split(`a subscriber of pixstore:${channel} failed`)).toHaveLength(2);
    }
    expect(complaint).not.toContain('secret');
  },
);
