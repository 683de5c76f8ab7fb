import type { KeyWrapper } from '../../src/backend/keys/key-wrapper.js';
import { openBox, sealBox } from './box.js';

/** A wrapper over a key of its own that says how often it was asked; it answers later, as a KMS does, unless told not to. */
export function countingWrapper(id: string, { later = true } = {}) {
  const key = Buffer.alloc(32, id);
  const asked = { wrap: 0, unwrap: 0 };
  /** Set, every call fails with it. */
  const state: { error?: Error | undefined } = {};

  function answer(call: 'wrap' | 'unwrap', work: () => Uint8Array | null): Uint8Array {
    asked[call] += 1;
    if (state.error) throw state.error;
    const bytes = work();
    if (!bytes) throw new Error('not wrapped by this key, or for something else');
    return bytes;
  }

  const boundTo = (context: object) => JSON.stringify(Object.entries(context).sort());
  const now: KeyWrapper = {
    id,
    wrap: (bytes, context) => answer('wrap', () => sealBox(key, bytes, boundTo(context))),
    unwrap: (bytes, context) => answer('unwrap', () => openBox(key, bytes, boundTo(context))),
  };
  const wrapper: KeyWrapper = later
    ? { id, wrap: async (...given) => now.wrap(...given), unwrap: async (...given) => now.unwrap(...given) }
    : now;
  return { wrapper, asked, state };
}
