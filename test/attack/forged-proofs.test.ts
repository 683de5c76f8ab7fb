import { describe, expect, test } from 'vitest';
import { deriveMasterKey } from '../../src/backend/keys/master-key.js';
import { createProofs } from '../../src/backend/keys/proofs.js';
import { startEndpoint } from '../support/endpoint.js';
import { proofKeysOf } from '../support/keys.js';
import { photo } from '../support/photos.js';
import { sendRequest } from '../support/raw-http.js';
import { statesOfBatch, statesOfRequests, targetWith } from './support/ask-proofs.js';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const start = 1_700_000_000_000; // a window of 20 s begins here

/** Texts that differ from the proof in one bit: of a letter, or of the bytes that the letters stand for. */
function bitFlips(proof: string): string[] {
  const text = Buffer.from(proof);
  const bytes = Buffer.from(proof, 'base64url');
  return [
    ...flipsOf(text).map((flipped) => flipped.toString('latin1')),
    ...flipsOf(bytes).map((flipped) => flipped.toString('base64url')),
  ];
}

function flipsOf(bytes: Buffer): Buffer[] {
  return Array.from({ length: bytes.length * 8 }, (_, bit) => {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return flipped;
  });
}

/** The last letter carries two bits that mean nothing: four letters stand for the same bytes. */
function otherLastLetters(proof: string): string[] {
  const last = alphabet.indexOf(proof.slice(-1));
  return [1, 2, 3].map((bits) => proof.slice(0, -1) + alphabet[last ^ bits]);
}

/** Letters whose low byte is the right one. */
function lookAlikes(proof: string): string[] {
  const shifted = (by: number) => [...proof].map((letter) => String.fromCodePoint(letter.charCodeAt(0) + by));
  return [0x100, 0x200, 0xff00, 0x10000].flatMap((by) => [
    shifted(by).join(''),
    proof.slice(0, 42) + shifted(by).at(-1),
    shifted(by)[0] + proof.slice(1),
  ]);
}

const forgeries: [string, (proof: string) => string[]][] = [
  ['one bit flipped', bitFlips],
  ['an end missing', (proof) => [1, 2, 21, 42].flatMap((count) => [proof.slice(count), proof.slice(0, -count)])],
  ['something added', (proof) => ['A', '=', ' ', '\n', '\0', ',', '\u200b'].flatMap((x) => [proof + x, x + proof])],
  ['doubled', (proof) => [proof + proof, `${proof}, ${proof}`, `${proof}&proof=${proof}`]],
  ['the same bytes with padding', (proof) => [Buffer.from(proof, 'base64url').toString('base64'), `${proof}=`]],
  ['the same bytes in hex', (proof) => [Buffer.from(proof, 'base64url').toString('hex')]],
  ['the same bytes raw', (proof) => [Buffer.from(proof, 'base64url').toString('latin1')]],
  ['the same bytes with another last letter', otherLastLetters],
  ['in other letters whose low bytes are right', lookAlikes],
  ['in another case', (proof) => [proof.toLowerCase(), proof.toUpperCase()].filter((other) => other !== proof)],
  [
    'encoded twice',
    (proof) => [encodeURIComponent([...proof].map((x) => `%${x.charCodeAt(0).toString(16)}`).join(''))],
  ],
];

describe('a proof is not good with', () => {
  test.each(forgeries)('%s', async (_, forge) => {
    const { record, port, proof, isIntact } = await startEndpoint();
    const attempts = forge(proof).map((forged) => ({ id: record.id, proof: forged }));
    const refused = attempts.map(() => 'InvalidProof');
    expect(await statesOfRequests(port, attempts.map(targetWith))).toEqual(refused);
    expect(await statesOfBatch(port, attempts)).toEqual(refused);
    expect(await isIntact()).toBe(true); // and now the good one has been used
    expect(await statesOfRequests(port, attempts.map(targetWith))).toEqual(refused);
    expect(await statesOfBatch(port, attempts)).toEqual(refused);
  });
});

test('it is the same proof when it is percent-encoded, as a URL may be', async () => {
  const { record, port, proof } = await startEndpoint();
  expect(await statesOfRequests(port, [targetWith({ id: record.id, proof })])).toEqual(['Updated']);
});

test('a header goes before the query, and two headers are one that is wrong', async () => {
  const { port, goodTarget, proof, path } = await startEndpoint();
  for (const [target, headers] of [
    [goodTarget, ['x-pixstore-proof: made-up']],
    [goodTarget, ['X-Pixstore-PROOF: made-up']],
    [path, [`x-pixstore-proof: ${proof}`, 'x-pixstore-proof: made-up']],
    [path, [`x-pixstore-proof: ${proof}`, `x-pixstore-proof: ${proof}`]],
  ] as const) {
    const { status, body } = await sendRequest(port, 'GET', target, [...headers]);
    expect([status, [...body]]).toEqual([200, [5]]);
  }
});

describe('a proof is good for its own image and time alone:', () => {
  test('not for another id, however alike', async () => {
    const { backend, record, port, proof } = await startEndpoint();
    await backend.saveImage(photo('brick.webp'), { id: 'brick' });
    const { id } = record;
    const ids = [
      'brick',
      `${id}x`,
      id.slice(1),
      id.toUpperCase(),
      `${id}.thumb`,
      `${id}/`,
      ` ${id}`,
      `${id}\0`,
      `x${id}`,
    ];
    const attempts = ids.map((other) => ({ id: other, proof }));
    expect(await statesOfBatch(port, attempts)).toEqual(ids.map(() => 'InvalidProof'));
    expect(await statesOfRequests(port, attempts.map(targetWith))).toEqual(ids.map(() => 'InvalidProof'));
  });

  test('not when it is for one user, where nobody says who asks', async () => {
    const { backend, record, port } = await startEndpoint();
    const bound = backend.getImageRecord(record.id, { audience: 'anna' });
    const attempts = [{ id: record.id, proof: bound?.statelessProof ?? '' }];
    expect(await statesOfBatch(port, attempts)).toEqual(['InvalidProof']);
    expect(await statesOfRequests(port, attempts.map(targetWith))).toEqual(['InvalidProof']);
  });

  test('not for an audience that looks like its own', () => {
    const proofs = createProofs(proofKeysOf(deriveMasterKey(new Uint8Array(32).fill(7))), 20_000, () => start);
    const proof = proofs.prove('k', 'anna');
    expect(proofs.isGood('k', proof, 'anna')).toBe(true);
    for (const other of [
      'Anna',
      'anna ',
      ' anna',
      'anna\n',
      'anna\0',
      'ann',
      'annaa',
      'аnna',
      '',
      'a\nnna',
      'k\nanna',
    ]) {
      expect(proofs.isGood('k', proof, other)).toBe(false);
    }
    // What separates id and audience is in neither of them.
    expect(proofs.isGood('k', proofs.prove('k', 'x\nanna'), 'anna')).toBe(false);
    expect(proofs.isGood('k', proofs.prove('k\nanna'), 'anna')).toBe(false);
  });

  test('not two windows later, and not more than 5 s before its window, used or not', async () => {
    let now = start + 40_000;
    const { record, port, proof } = await startEndpoint('coffee.webp', {
      statelessKeyWindowLength: 20_000,
      now: () => now,
    });
    const attempts = [{ id: record.id, proof }];
    const statesAt = async (time: number) => {
      now = time;
      return [...(await statesOfRequests(port, attempts.map(targetWith))), ...(await statesOfBatch(port, attempts))];
    };
    const good = ['Updated', 'Updated'];
    const bad = ['InvalidProof', 'InvalidProof'];
    expect(await statesAt(start + 34_999)).toEqual(bad);
    expect(await statesAt(start + 35_000)).toEqual(good); // a server whose clock is 5 s behind
    expect(await statesAt(start + 34_999)).toEqual(bad);
    expect(await statesAt(start + 40_000)).toEqual(good);
    expect(await statesAt(start + 20_000)).toEqual(bad);
    expect(await statesAt(start + 79_999)).toEqual(good);
    expect(await statesAt(start + 80_000)).toEqual(bad);
    expect(await statesAt(start + 40_000_000)).toEqual(bad);
    expect(await statesAt(start + 50_000)).toEqual(good);
  });
});
