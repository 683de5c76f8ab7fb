// Where what is in a payload, in bytes. A module without imports: bundlers put the numbers where they are used.
export const keyLength = 32;
export const ivLength = 12;
export const tagLength = 16;

export const tokenAt = 1;
export const keyAt = 9;
export const ivAt = keyAt + keyLength;
export const tagAt = ivAt + ivLength;
export const ciphertextAt = tagAt + tagLength;

/** What stands before each payload of a batch answer: its length. */
export const frameHeaderLength = 4;
