import { randomBytes } from 'node:crypto';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findDriver } from '../../../stores/local/driver.js';
import type { LookedAt } from '../../../stores/local/look.js';
import { checkedProcessing } from '../../images/checked-processing.js';
import type { ImageProcessing } from '../../images/processing-port.js';
import { failed, ok, type Said, warning, wrong } from './finding.js';

const oldestNode = [20, 19] as const;

export function checkNode(version = process.versions.node): Said {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOldEnough = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return isOldEnough
    ? ok(`Node ${version} runs pixstore.`)
    : wrong(`Node ${version} is too old for pixstore.`, `Use Node ${oldestNode.join('.')} or later.`);
}

/** Is there an SQLite, and does it start? */
export function checkSqlite(): Said {
  try {
    findDriver()(':memory:').close();
    return ok('SQLite is there.');
  } catch (error) {
    return failed(error);
  }
}

// Proofs are good on servers whose clocks are that far apart.
const mostSeconds = 5;

/**
 * Does the clock tell the same time as the disk, which may be of another machine, and is it where it has been before?
 *
 * @param folder - a file is written there, and removed
 */
export async function checkClock(folder: string, looked: LookedAt, now: () => number): Promise<Said> {
  if (looked.kind === 'ours' && looked.lastRemovedToken > now() + mostSeconds * 1000) {
    return warning(
      'The clock is behind one that this store has seen: it was set back, or is another one.',
      'Set it right. New tokens go on above the old ones meanwhile, and nothing is lost.',
    );
  }
  const path = join(folder, `.pixstore-clock-${randomBytes(8).toString('hex')}`);
  try {
    await (await open(path, 'wx', 0o600)).close();
    const apart = Math.abs((await stat(path)).mtimeMs - now()) / 1000;
    return apart <= mostSeconds
      ? ok('The clock agrees with that of the disk.')
      : offBy(apart, 'the disk that images lie on');
  } catch {
    return ok('The clock could not be compared with the disk: nothing can be written there.');
  } finally {
    await rm(path, { force: true }).catch(() => {});
  }
}

export function offBy(seconds: number, whose: string): Said {
  return wrong(
    `The clock is ${Math.round(seconds)} s off that of ${whose}.`,
    `Have both set by NTP: proofs hold on servers whose clocks are at most ${mostSeconds} s apart.`,
  );
}

// The smallest PNG.
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** Can what makes variants make one? */
export async function checkProcessing(processing: ImageProcessing | undefined): Promise<Said> {
  if (!processing) return ok('No variants are asked for.');
  try {
    const checked = checkedProcessing(processing);
    const variants = [...checked.definitions('').keys()];
    const picture = { bytes: new Uint8Array(pixel), format: 'png', width: 1, height: 1 } as const;
    await checked.process(picture, { dir: '', variants, placeholder: checked.placeholders });
    return ok('Variants and placeholders can be made.');
  } catch (error) {
    return failed(error);
  }
}
