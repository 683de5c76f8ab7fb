import { expect, onTestFinished, test, vi } from 'vitest';
import { createPixstoreFrontend } from '../../../../src/frontend/index.js';
import { createImageView, type ImageView, nothingYet } from '../../../../src/frontend/showing/image-view.js';
import { sealImage } from '../sealed-image.js';

/** A frontend whose images come when a test says so. */
function createFrontend(images: Awaited<ReturnType<typeof sealImage>>[]) {
  const waiting: (() => void)[] = [];
  const aborted: string[] = [];
  const frontend = createPixstoreFrontend({ errorHandlingMode: 'throw' }, (record, _context, call) => {
    call?.signal.addEventListener('abort', () => aborted.push(record.id));
    const image = images.find(({ record: { id, token } }) => id === record.id && token === record.token);
    return new Promise((resolve) => waiting.push(() => resolve(image?.success ?? Uint8Array.of(2))));
  });
  onTestFinished(() => frontend.close());
  const answer = () => {
    for (const go of waiting.splice(0)) go();
  };
  return { frontend, answer, aborted, asked: () => waiting.length };
}

const settled = (view: ImageView) => vi.waitFor(() => expect(view.getState().status).not.toBe('loading'));
const asked = (count: () => number, expected: number) => vi.waitFor(() => expect(count()).toBe(expected));

test('what is not wanted is not asked for, however often it is looked at', async () => {
  const image = await sealImage();
  const { frontend, asked } = createFrontend([image]);
  for (const request of [{ record: image.record, enabled: false }, { record: null }, { record: undefined }]) {
    const view = createImageView(frontend, request);
    view.subscribe(() => {})();
    expect(view.getState()).toBe(nothingYet);
  }
  expect(asked()).toBe(0);
});

test('states are the same object until something changes', async () => {
  const image = await sealImage();
  const { frontend, answer, asked: count } = createFrontend([image]);
  const view = createImageView(frontend, { record: image.record });
  const listener = vi.fn();
  onTestFinished(view.subscribe(listener));
  const first = view.getState();
  expect(view.getState()).toBe(first);
  await asked(count, 1);
  answer();
  await settled(view);
  expect(view.getState()).toMatchObject({ status: 'loaded', source: 'network', src: expect.stringMatching(/^blob:/) });
  expect(view.getState()).toBe(view.getState());
  expect(view.getState().retry).toBe(first.retry);
  expect(listener).toHaveBeenCalledTimes(1);
});

test('an older version stays until the newer is there, and is let go of then', async () => {
  const [older, newer] = [await sealImage({ token: 1 }), await sealImage({ token: 2 })];
  const { frontend, answer, asked: count } = createFrontend([older, newer]);
  const before = createImageView(frontend, { record: older.record });
  const leaveBefore = before.subscribe(() => {});
  await asked(count, 1);
  answer();
  await settled(before);
  const { src } = before.getState();

  const revoke = vi.spyOn(URL, 'revokeObjectURL');
  onTestFinished(() => revoke.mockRestore());
  const view = createImageView(frontend, { record: newer.record }, before);
  onTestFinished(view.subscribe(() => {}));
  leaveBefore();
  await asked(count, 1);
  expect(view.getState()).toMatchObject({ status: 'loading', src });
  expect(revoke).not.toHaveBeenCalled();
  answer();
  await settled(view);
  expect(view.getState().src).not.toBe(src);
  await vi.waitFor(() => expect(revoke).toHaveBeenCalledWith(src));
});

test('of versions that never came nothing is kept, and nobody waits for them', async () => {
  const images = await Promise.all([1, 2, 3].map((token) => sealImage({ token })));
  const { frontend, asked: count, aborted } = createFrontend(images);
  let view: ImageView | undefined;
  let leave = () => {};
  for (const [at, { record }] of images.entries()) {
    const next = createImageView(frontend, { record }, view);
    const leaveFormer = leave;
    leave = next.subscribe(() => {});
    leaveFormer();
    view = next;
    await asked(count, at + 1);
  }
  expect(aborted).toHaveLength(2);
  leave();
  await vi.waitFor(() => expect(aborted).toHaveLength(3));
});

test('another image has nothing of the one before', async () => {
  const [one, other] = [await sealImage({ id: 'one' }), await sealImage({ id: 'other' })];
  const { frontend, answer, asked: count } = createFrontend([one, other]);
  const before = createImageView(frontend, { record: one.record });
  onTestFinished(before.subscribe(() => {}));
  await asked(count, 1);
  answer();
  await settled(before);
  const view = createImageView(frontend, { record: other.record }, before);
  onTestFinished(view.subscribe(() => {}));
  expect(view.getState().src).toBeUndefined();
});

test('an error takes the older version away; another try begins anew', async () => {
  const [older, newer] = [await sealImage({ token: 1 }), await sealImage({ token: 2 })];
  const { frontend, answer, asked: count } = createFrontend([older]);
  const before = createImageView(frontend, { record: older.record });
  const leaveBefore = before.subscribe(() => {});
  await asked(count, 1);
  answer();
  await settled(before);
  const view = createImageView(frontend, { record: newer.record }, before);
  onTestFinished(view.subscribe(() => {}));
  leaveBefore();
  await asked(count, 1);
  answer();
  await settled(view);
  expect(view.getState()).toMatchObject({ status: 'error', src: undefined, error: { code: 'IMAGE_NOT_FOUND' } });
  view.getState().retry();
  expect(view.getState().status).toBe('loading');
  await asked(count, 1);
});

test('of the same version a larger picture that does not come leaves what is there, also for the one after that', async () => {
  const [small, large] = [await sealImage({ id: 'one.small' }), await sealImage({ id: 'one' })];
  const images = [small];
  const { frontend, answer, asked: count } = createFrontend(images);
  const { record } = large;
  const before = createImageView(frontend, { record, chosen: small.record });
  const leaveBefore = before.subscribe(() => {});
  await asked(count, 1);
  answer();
  await settled(before);
  const { src } = before.getState();
  const view = createImageView(frontend, { record }, before);
  const leave = view.subscribe(() => {});
  leaveBefore();
  await asked(count, 1);
  answer();
  await settled(view);
  expect(view.getState()).toMatchObject({ status: 'loaded', src, error: undefined });
  expect(view.getState()).toBe(view.getState());

  images.push(large);
  const next = createImageView(frontend, { record: { ...record, statelessProof: 'fresh' } }, view);
  onTestFinished(next.subscribe(() => {}));
  leave();
  await asked(count, 1);
  expect(next.getState()).toMatchObject({ status: 'loading', src });
  answer();
  await settled(next);
  expect(next.getState()).toMatchObject({ status: 'loaded', src: expect.not.stringMatching(src ?? '') });
});

test('a logout takes away also what was left by a larger picture that did not come', async () => {
  const [small, large] = [await sealImage({ id: 'one.small' }), await sealImage({ id: 'one' })];
  const { frontend, answer, asked: count } = createFrontend([small]);
  const before = createImageView(frontend, { record: large.record, chosen: small.record });
  const leaveBefore = before.subscribe(() => {});
  await asked(count, 1);
  answer();
  await settled(before);
  const view = createImageView(frontend, { record: large.record }, before);
  const seen: unknown[] = [];
  onTestFinished(view.subscribe(() => seen.push(view.getState().error?.code)));
  leaveBefore();
  await asked(count, 1);
  answer();
  await settled(view);
  await frontend.clearImageCache();
  expect(view.getState()).toMatchObject({ status: 'error', src: undefined, error: { code: 'CACHE_CLEARED' } });
  expect(seen.at(-1)).toBe('CACHE_CLEARED');
});
