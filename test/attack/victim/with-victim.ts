import { expect, onTestFinished, vi } from 'vitest';
import type { ImageRecord } from '../../../src/types/index.js';
import { photo } from '../../support/photos.js';
import { sendRequest } from '../../support/raw-http.js';
import { nothingOpen, startVictim, type Victim } from './start-victim.mjs';

export const route = '/pixstore-image';
const mebibyte = 1024 * 1024;
/** On a machine that does other things as well. */
export const patience = 20_000; // ms

/** A backend in a process of its own until the test ends. */
export async function withVictim(config: Record<string, unknown> = {}): Promise<Victim> {
  const victim = await startVictim(config);
  onTestFinished(() => victim.stop());
  return victim;
}

/** The same, with a photo; `target` is a good request for it. */
export async function withPicture(config: Record<string, unknown> = {}, bytes: Uint8Array = photo('coffee.webp')) {
  const victim = await withVictim(config);
  const record = await victim.save(bytes, { id: 'picture' });
  return { victim, record, target: targetOf(record), pictureBytes: bytes.length + 1 };
}

export function targetOf({ id, token, statelessProof }: ImageRecord): string {
  return `${route}/${encodeURIComponent(id)}?proof=${statelessProof}&token=${token}`;
}

/** A photo with zeros behind the last of its pixels, over which decoders pass: of so many MiB. */
export function largePhoto(mebibytes: number): Uint8Array {
  const bytes = photo('rocket.jpg');
  const zeros = Buffer.alloc(Math.floor(mebibytes * mebibyte) - bytes.length);
  return Buffer.concat([bytes.subarray(0, -2), zeros, bytes.subarray(-2)]);
}

/** Is a good request answered with the picture, here and now? */
export async function expectService(victim: Victim, target: string): Promise<void> {
  const { status, body } = await sendRequest(victim.port, 'GET', target);
  expect([status, body[0]]).toEqual([200, 0]);
}

/** Nothing that the attack opened stays open, and nothing was said about it. */
export async function expectCalm(victim: Victim): Promise<void> {
  await vi.waitFor(async () => expect(await victim.open()).toEqual(nothingOpen), { timeout: patience, interval: 50 });
  expect(await victim.log()).toEqual([]);
  expect(victim.complaints()).toBe('');
}
