import { expect, test } from 'vitest';
import { clientOf, mayAsk } from '../../../../src/backend/endpoint/rate-limit.js';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  [undefined, ''],
])('the client at %s is counted as %s', (address, client) => {
  expect(clientOf(address)).toBe(client);
});

test('a limiter that fails is not one that refuses', async () => {
  const refusing = { consume: async () => Promise.reject({ msBeforeNext: 1 }) };
  const failing = { consume: async () => Promise.reject(new Error('no connection')) };
  expect(await mayAsk(refusing, 'a', 1)).toBe(false);
  await expect(mayAsk(failing, 'a', 1)).rejects.toThrow('no connection');
});

test('nobody is counted without a name, and an empty batch costs nothing', async () => {
  const refusing = { consume: async () => Promise.reject({}) };
  expect(await mayAsk(refusing, undefined, 5)).toBe(true);
  expect(await mayAsk(refusing, 'a', 0)).toBe(true);
});
