import { expect, test } from 'vitest';
import { readFrontendConfig } from '../../../../src/frontend/face/config.js';

const host = { defaultEndpointConnectHost: 'localhost' };

test('defaults are those of the contract', () => {
  expect(readFrontendConfig(host, undefined)).toMatchObject({
    imageFormats: ['png', 'webp', 'jpg', 'jpeg', 'gif', 'avif'],
    frontendDbName: 'pixstore',
    frontendDbVersion: 1,
    imageStoreName: 'images',
    frontendImageCacheLimit: 1000,
    frontendCleanupBatch: 50,
    frontendCacheContents: 'encrypted',
    frontendMemoryCacheBytes: 67_108_864,
    defaultEndpointConnectHost: 'localhost',
    defaultEndpointConnectPort: 7482,
    defaultEndpointRoute: '/pixstore-image',
    errorHandlingMode: 'hybrid',
    fetchTimeout: 30_000,
    fetchRetries: 2,
    random: Math.random,
    logger: console,
  });
});

test('the bytes on disk have no fixed default: they go by what the browser gives', () => {
  expect(readFrontendConfig(host, undefined).frontendCacheBytes).toBeUndefined();
});

test('the default clock is the wall clock', () => {
  expect(Math.abs(readFrontendConfig(host, undefined).now() - Date.now())).toBeLessThan(1000);
});

test.each([
  ['imageFormats', ['bmp']],
  ['imageFormats', []],
  ['frontendDbName', ''],
  ['frontendDbVersion', 0],
  ['frontendDbVersion', 1.5],
  ['imageStoreName', 7],
  ['frontendImageCacheLimit', 1],
  ['frontendImageCacheLimit', 50],
  ['frontendCleanupBatch', 0],
  ['frontendCleanupBatch', 1000],
  ['frontendCacheContents', 'plain'],
  ['frontendMemoryCacheBytes', -1],
  ['frontendCacheBytes', 0.5],
  ['frontendCacheBytes', '1 GiB'],
  ['defaultEndpointConnectHost', 'https://img.example.com/path'],
  ['defaultEndpointConnectPort', 0],
  ['defaultEndpointConnectPort', 70_000],
  ['defaultEndpointConnectPort', '7482'],
  ['defaultEndpointRoute', 'no-slash'],
  ['errorHandlingMode', 'loud'],
  ['fetchTimeout', 0],
  ['fetchTimeout', 2 ** 31],
  ['fetchTimeout', Number.POSITIVE_INFINITY],
  ['fetchRetries', -1],
  ['fetchRetries', 11],
  ['refreshRecords', []],
  ['onImageLoad', 'log'],
  ['fetch', {}],
  ['now', 0],
  ['random', 0.5],
  ['logger', {}],
  ['frontendDBName', 'pixstore'],
])('%s: %j is refused by name', (name, value) => {
  expect(() => readFrontendConfig({ ...host, [name]: value }, undefined)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(`"${name}"`) }),
  );
});

test('the host is required without a fetcher only', () => {
  expect(() => readFrontendConfig({}, undefined)).toThrow(
    /"defaultEndpointConnectHost" must be a host .* or "same-origin"/,
  );
  expect(() => readFrontendConfig(undefined, async () => Uint8Array.of(0))).not.toThrow();
});

test('a fetcher that is no function is refused', () => {
  expect(() => readFrontendConfig(host, 'fetcher')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});
