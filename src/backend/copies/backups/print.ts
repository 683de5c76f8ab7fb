// Of a sealed key: its tag.
const tagLength = 16;

/**
 * Tells some sealed keys from any others, whatever order they come in: the sum of their tags. A tag is a code over the key of
 * a part, its id, variant and token, so whatever is changed has another one, and two alike are as likely as a forged one.
 */
export interface Print {
  add(sealedKey: Uint8Array): void;
  text(): string;
}

export function createPrint(): Print {
  const sums = new Uint32Array(tagLength / 4 + 1);

  return {
    add(sealedKey) {
      const { buffer, byteOffset, length } = sealedKey;
      if (length < tagLength) return;
      const view = new DataView(buffer, byteOffset + length - tagLength, tagLength);
      for (let at = 0; at < sums.length - 1; at += 1) sums[at] = (sums[at] as number) + view.getUint32(4 * at, true);
      sums[sums.length - 1] = (sums[sums.length - 1] as number) + 1;
    },

    text: () => Buffer.from(sums.buffer).toString('hex'),
  };
}
