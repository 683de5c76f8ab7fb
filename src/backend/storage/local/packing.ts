import type { Command } from './commands.js';
import type { PartRow } from './row.js';

/** Commands whose bytes are all in one buffer: it changes threads as it is, while a thousand small ones are copied. */
export interface PackedCommands {
  commands: Command[];
  /** Lengths of the byte fields in the order of `commands`; -1 for one that is null. */
  lengths: number[];
  bytes: Uint8Array<ArrayBuffer>;
}

const none = new Uint8Array();

const rowFields = ['iv', 'tag', 'sealedKey', 'ciphertext'] as const;

/** Makes a copy of every command, with each field of bytes replaced. */
function mapBytes(commands: readonly Command[], map: (field: Uint8Array | null) => Uint8Array | null): Command[] {
  const mapRow = (row: PartRow): PartRow => {
    const mapped = { ...row };
    for (const field of rowFields) mapped[field] = map(row[field]) as Uint8Array;
    return mapped;
  };
  return commands.map((command) => {
    if (command.kind === 'replace') return { ...command, rows: command.rows.map(mapRow) };
    if (command.kind === 'reseal') return { ...command, sealedKey: map(command.sealedKey) as Uint8Array };
    return command;
  });
}

export function packCommands(commands: readonly Command[]): PackedCommands {
  const fields: (Uint8Array | null)[] = [];
  const packed = mapBytes(commands, (field) => {
    fields.push(field);
    return field && none;
  });
  const bytes = new Uint8Array(fields.reduce((sum, field) => sum + (field?.length ?? 0), 0));
  let at = 0;
  for (const field of fields) {
    if (!field) continue;
    bytes.set(field, at);
    at += field.length;
  }
  return { commands: packed, lengths: fields.map((field) => field?.length ?? -1), bytes };
}

export function unpackCommands({ commands, lengths, bytes }: PackedCommands): Command[] {
  let at = 0;
  let index = 0;
  return mapBytes(commands, () => {
    const length = lengths[index++] as number;
    if (length < 0) return null;
    at += length;
    return bytes.subarray(at - length, at);
  });
}
