import { randomBytes } from 'node:crypto';
import { describe, test } from 'vitest';
import { deriveMasterKey } from '../../src/backend/keys/master-key.js';
import { masterKeyWrapper } from '../../src/backend/keys/master-key-wrapper.js';
import { keyWrapperSuite } from '../../src/testing/index.js';

describe('a master key as a wrapper', () => {
  const wrapperOf = (secret: Uint8Array) => masterKeyWrapper(deriveMasterKey(secret), randomBytes);
  keyWrapperSuite({
    test,
    async open() {
      const secret = randomBytes(32);
      return {
        wrapper: wrapperOf(secret),
        other: wrapperOf(randomBytes(32)),
        reopen: () => wrapperOf(secret),
        destroy: async () => {},
      };
    },
  });
});
