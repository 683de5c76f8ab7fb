import { expect, test, vi } from 'vitest';
import { smallPicture } from '../../support/small-picture.js';
import { largePhoto, patience, route, targetOf } from '../victim/with-victim.js';
import { ask, expectHttp2Service, expectNothingHeld, openSession, withHttp2 } from './client.js';

const slow = { handlerOptions: { timeouts: { slow: 500, body: 500 } } };

test('what flow control holds back is counted, and given up when the client takes nothing', async () => {
  const { victim, target, pictureBytes } = await withHttp2(slow, smallPicture());
  const large = await victim.save(largePhoto(5), { id: 'large' });
  const session = await openSession(victim.port, { settings: { initialWindowSize: 0 } });
  const closed = [target, target, targetOf(large)].map((to) => {
    const stream = ask(session, to);
    return new Promise((resolve) => stream.once('close', resolve));
  });
  await vi.waitFor(async () => expect((await victim.open()).answers).toBe(3), { timeout: patience, interval: 10 });
  expect((await victim.open()).bytes).toBeGreaterThanOrEqual(2 * pictureBytes);
  await expectHttp2Service(victim, target);
  await Promise.all(closed);
  session.destroy();
  await expectNothingHeld('windows that stay closed', victim, target, 3);
});

test('a window that is opened by a byte now and then keeps no slot', async () => {
  const { victim, target } = await withHttp2(slow);
  const large = await victim.save(largePhoto(5), { id: 'large' });
  const session = await openSession(victim.port, { settings: { initialWindowSize: 100 } });
  const streams = Array.from({ length: 20 }, () => ask(session, targetOf(large)));
  const closed = streams.map((stream) => new Promise((resolve) => stream.once('close', resolve)));
  for (const stream of streams) stream.on('data', () => {}); // every byte that is read opens the window by one
  await Promise.all(streams.map((stream) => stream.pause()));
  const dribble = setInterval(() => {
    for (const stream of streams) stream.read(1);
  }, 20);
  await Promise.all(closed).finally(() => clearInterval(dribble));
  session.destroy();
  await expectNothingHeld('windows that are opened byte by byte', victim, target, 20);
});

test('bodies that never end, and requests that never do', async () => {
  const { victim, target } = await withHttp2(slow);
  const session = await openSession(victim.port);
  const unfinished = Array.from({ length: 90 }, () => ask(session, route, 'POST'));
  for (const stream of unfinished) stream.write('{"version":1,');
  await expectHttp2Service(victim, target);
  const statuses = await Promise.all(
    unfinished.map((stream) => new Promise((resolve) => stream.once('response', (head) => resolve(head[':status'])))),
  );
  expect(new Set(statuses)).toEqual(new Set([408]));
  // A GET without an end, and a batch whose body is whole but not ended, are answered, and their streams closed.
  const open = session.request({ ':path': target, ':method': 'GET' }, { endStream: false });
  open.on('error', () => {}).resume();
  await new Promise((resolve) => open.once('close', resolve));
  session.destroy();
  await expectNothingHeld('bodies that never end', victim, target, 91);
});
