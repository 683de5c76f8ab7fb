import { describe, expect, test } from 'vitest';
import type { Command } from '../../../../src/stores/local/commands.js';
import { packCommands, unpackCommands } from '../../../../src/stores/local/packing.js';
import { toPartRows } from '../../../../src/stores/local/row.js';
import { toRowVersion } from '../../../../src/stores/split/put.js';
import { versionOf } from '../../../../src/testing/versions.js';

const replace = (id: string, files: (string | null)[]): Command => ({
  kind: 'replace',
  id,
  token: 1000,
  expectedToken: null,
  rows: toPartRows(toRowVersion(versionOf(id, 1000, 300, ['thumb']), files)),
});

const commands: Command[] = [
  replace('one', [null, 'ab/cd']),
  { kind: 'remove', id: 'two' },
  { kind: 'reseal', keys: [{ id: 'three', token: 7, sealedKey: Uint8Array.of(1, 2, 3) }] },
  { kind: 'put-key-ring', bytes: Uint8Array.of(4, 5), expectedVersion: 1 },
  { kind: 'add-folder-key', folder: 'a', generation: 1, wrapped: Uint8Array.of(6), ringVersion: 1 },
  replace('four', ['ab/ef', null]),
];

describe('commands on their way to the writer thread', () => {
  test('arrive as they were sent, with their bytes in one buffer', () => {
    const packed = structuredClone(packCommands(commands));
    expect(unpackCommands(packed)).toEqual(commands);
    const ciphertexts = 2 * 300;
    const keys = 4 * (12 + 16 + 69) + 3 + 2 + 1;
    expect(packed.bytes.length).toBe(ciphertexts + keys);
  });

  test('leave the sender what it had', () => {
    const [sent] = commands;
    const { bytes } = packCommands(commands);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    expect(sent).toEqual(replace('one', [null, 'ab/cd']));
  });

  test('arrive with bytes that are none', () => {
    const empty: Command = { kind: 'replace', id: 'e', token: 1, expectedToken: null, rows: [] };
    const [part] = versionOf('e', 1, 300).parts;
    empty.rows = toPartRows(
      toRowVersion({
        id: 'e',
        token: 1,
        parts: [{ ...(part as NonNullable<typeof part>), ciphertext: new Uint8Array() }],
      }),
    );
    expect(unpackCommands(packCommands([empty]))).toEqual([empty]);
  });

  test('may be none', () => {
    expect(unpackCommands(packCommands([]))).toEqual([]);
  });
});
