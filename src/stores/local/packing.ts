import type { Command } from './commands.js';
import type { PartRow } from './row.js';

/**
 * Commands on their way to another thread: all bytes in one buffer that changes hands as it is, all else as JSON, in
 * which their lengths stand for them. Cloning the objects one by one took longer than everything else that is done for a
 * small image.
 */
export interface PackedCommands {
  json: string;
  bytes: Uint8Array<ArrayBuffer>;
}

type Map = (field: unknown) => unknown;

function mapRow(row: PartRow, map: Map): PartRow {
  const { id, token, size, file } = row;
  const iv = map(row.iv) as Uint8Array;
  const tag = map(row.tag) as Uint8Array;
  const sealedKey = map(row.sealedKey) as Uint8Array;
  const ciphertext = row.ciphertext === null ? null : (map(row.ciphertext) as Uint8Array);
  return { id, token, size, iv, tag, sealedKey, file, ciphertext };
}

/** Makes a copy of a command, with each of its fields of bytes replaced, always in the same order. */
function mapBytes(command: Command, map: Map): Command {
  switch (command.kind) {
    case 'replace':
    case 'add-parts':
      return { ...command, rows: command.rows.map((row) => mapRow(row, map)) };
    case 'reseal':
      return {
        ...command,
        keys: command.keys.map((key) => ({ ...key, sealedKey: map(key.sealedKey) as Uint8Array })),
      };
    case 'put-key-ring':
      return { ...command, bytes: map(command.bytes) as Uint8Array };
    case 'add-folder-key':
      return { ...command, wrapped: map(command.wrapped) as Uint8Array };
    default:
      return command;
  }
}

export function packCommands(commands: readonly Command[]): PackedCommands {
  const fields: Uint8Array[] = [];
  let length = 0;
  const place = (field: unknown) => {
    const bytes = field as Uint8Array;
    fields.push(bytes);
    length += bytes.length;
    return bytes.length;
  };
  const json = JSON.stringify(commands.map((command) => mapBytes(command, place)));
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const field of fields) {
    bytes.set(field, at);
    at += field.length;
  }
  return { json, bytes };
}

export function unpackCommands({ json, bytes }: PackedCommands): Command[] {
  let at = 0;
  const view = (length: unknown) => {
    const from = at;
    at += length as number;
    return bytes.subarray(from, at);
  };
  return (JSON.parse(json) as Command[]).map((command) => mapBytes(command, view));
}
