import { randomBytes } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { KeyWrapper } from '../../src/backend/keys/key-wrapper.js';
import { unwrapKey, wrapKey } from '../../src/backend/keys/wrap-key.js';
import { keyWrapperSuite } from '../../src/testing/index.js';
import { importBlocks } from '../support/code-blocks.js';
import { failure } from '../support/errors.js';
import { listenAsKms } from '../support/kms-server.js';
import { listenAsVault } from '../support/vault-server.js';

interface Recipes {
  awsKmsWrapper(client: KMSClient, keyArn: string): KeyWrapper;
  vaultWrapper(vaultUrl: string, keyName: string, token: () => string): KeyWrapper;
}

const { awsKmsWrapper, vaultWrapper } = await importBlocks<Recipes>('docs/key-wrappers.md', '): KeyWrapper {');

const arnOf = (key: string) => `arn:aws:kms:eu-central-1:111122223333:key/${key}`;
const clientFor = (endpoint: string) =>
  new KMSClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'none' },
  });
const token = 'hvs.a-token-of-the-test';
const key = randomBytes(32);
const context = { purpose: 'store-key' };

describe('the wrapper over AWS KMS', () => {
  keyWrapperSuite({
    test,
    async open() {
      const { url, close } = await listenAsKms([arnOf('one'), arnOf('two')]);
      const clients: KMSClient[] = [];
      const openFor = (name: string) => {
        const client = clientFor(url);
        clients.push(client);
        return awsKmsWrapper(client, arnOf(name));
      };
      return {
        wrapper: openFor('one'),
        other: openFor('two'),
        reopen: () => openFor('one'),
        async destroy() {
          for (const client of clients) client.destroy();
          await close();
        },
      };
    },
  });

  test('fails with the error of KMS as the cause', async () => {
    const { url, close } = await listenAsKms([]);
    onTestFinished(close);
    const wrapper = awsKmsWrapper(clientFor(url), arnOf('none'));
    const error = await failure('KEY_WRAPPER_FAILED', () => wrapKey(wrapper, key, context));
    expect(error.cause).toMatchObject({ name: 'NotFoundException' });
  });
});

describe('the wrapper over Vault', () => {
  keyWrapperSuite({
    test,
    async open() {
      const { url, close } = await listenAsVault(['images', 'scans'], token);
      const openFor = (name: string) => vaultWrapper(url, name, () => token);
      return { wrapper: openFor('images'), other: openFor('scans'), reopen: () => openFor('images'), destroy: close };
    },
  });

  test('keeps its id and opens what it wrapped when the key is rotated in Vault', async () => {
    const { url, close, rotate } = await listenAsVault(['images'], token);
    onTestFinished(close);
    const wrapper = vaultWrapper(url, 'images', () => token);
    const { id } = wrapper;
    const before = await wrapKey(wrapper, key, context);
    rotate('images');
    const after = await wrapKey(wrapper, key, context);
    expect(wrapper.id).toBe(id);
    for (const wrapped of [before, after]) expect(Buffer.from(await unwrapKey(wrapper, wrapped, context))).toEqual(key);
    expect([before, after].map((bytes) => Buffer.from(bytes).toString().slice(0, 9))).toEqual([
      'vault:v1:',
      'vault:v2:',
    ]);
  });

  test('asks for its token at each call, and fails when Vault refuses it', async () => {
    const { url, close } = await listenAsVault(['images'], token);
    onTestFinished(close);
    let given = token;
    const wrapper = vaultWrapper(url, 'images', () => given);
    const wrapped = await wrapKey(wrapper, key, context);
    given = 'hvs.expired';
    const { message, cause } = await failure('KEY_WRAPPER_FAILED', () => unwrapKey(wrapper, wrapped, context));
    expect((cause as Error).message).toBe('Vault answered decrypt with 403');
    expect(message).not.toContain(given);
  });
});
