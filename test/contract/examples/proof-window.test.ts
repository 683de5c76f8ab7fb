import { describe, expect, it } from 'vitest';
import { quietLogger } from '../../support/backend.js';
import { askState, save, start } from './support/default-instance.js';

describe('statelessKeyWindowLength', () => {
  // A clock that starts where a window starts.
  const clockAt = (time: number) => ({ time });

  it.each([
    ['20 s by default', undefined, 20_000],
    ['as long as it is told', 5_000, 5_000],
  ])('%s: a proof made as a window begins lives two of them', async (_, statelessKeyWindowLength, length) => {
    const clock = clockAt(length * 80_000_000);
    const { url } = await start({ statelessKeyWindowLength, now: () => clock.time });
    const record = await save();
    expect(await askState(url, record)).toBe('Success');
    clock.time += 2 * length - 1;
    expect(await askState(url, record)).toBe('Success');
    clock.time += 1;
    expect(await askState(url, record)).toBe('InvalidProof');
  });

  it('a proof made as a window ends lives one more', async () => {
    const clock = clockAt(20_000 * 80_000_000 - 1);
    const { url } = await start({ now: () => clock.time });
    const record = await save();
    clock.time += 20_000;
    expect(await askState(url, record)).toBe('Success');
    clock.time += 1;
    expect(await askState(url, record)).toBe('InvalidProof');
  });

  it('a record asked for anew has a proof that is good again', async () => {
    const clock = clockAt(1_700_000_000_000);
    const { backend, url } = await start({ now: () => clock.time });
    const { id } = await save();
    clock.time += 60_000;
    expect(await askState(url, backend.getImageRecord(id) ?? {})).toBe('Success');
  });

  /** Keeps the warnings that are about the window. */
  function listenForWarnings() {
    const warnings: string[] = [];
    const warn = (message: string) => {
      if (message.includes('statelessKeyWindowLength')) warnings.push(message);
    };
    return { warnings, logger: { ...quietLogger(), warn } };
  }

  it('-1 asks for no proof at all, and warns once', async () => {
    const { warnings, logger } = listenForWarnings();
    const { url } = await start({ statelessKeyWindowLength: -1, logger });
    const record = await save();
    expect(record.statelessProof).not.toBe('');
    const { statelessProof: _, ...proofless } = record;
    expect(await askState(url, proofless)).toBe('Success');
    expect(await askState(url, { ...record, statelessProof: 'made up' })).toBe('Success');
    expect(warnings).toEqual([expect.stringContaining('is -1')]);
  });

  it('a window brings no warning', async () => {
    const { warnings, logger } = listenForWarnings();
    await start({ logger });
    expect(warnings).toEqual([]);
  });
});
