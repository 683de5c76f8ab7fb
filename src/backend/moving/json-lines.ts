import { createReadStream } from 'node:fs';

/** A line of a file that has JSON in each. */
export interface JsonLine {
  text: string;
  /** Null when it is no object of JSON. What is in it is not believed yet. */
  value: Record<string, unknown> | null;
  /** Where it ends, in bytes. */
  end: number;
  /** False: the line break is missing, as of one that a crash cut off. */
  isWhole: boolean;
}

const lineBreak = 0x0a;

/** The lines of a file. `node:readline` takes more than a line break for one, and names of files may have it. */
export async function* linesOf(path: string): AsyncGenerator<JsonLine, void, void> {
  let begun: Buffer[] = [];
  let end = 0;

  function endLine(last: Buffer, isWhole: boolean): JsonLine {
    const line = Buffer.concat([...begun, last]);
    begun = [];
    end += line.length + (isWhole ? 1 : 0);
    const text = line.toString();
    return { text, value: parse(text), end, isWhole };
  }

  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let at = 0;
    for (let to = chunk.indexOf(lineBreak); to >= 0; to = chunk.indexOf(lineBreak, at)) {
      yield endLine(chunk.subarray(at, to), true);
      at = to + 1;
    }
    if (at < chunk.length) begun.push(chunk.subarray(at));
  }
  if (begun.length > 0) yield endLine(Buffer.alloc(0), false);
}

function parse(line: string): JsonLine['value'] {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Told of what stands in each line behind the first. */
export type OnLine = (value: JsonLine['value']) => void;

/**
 * Reads what an earlier call has written: a head, and a line for each of its steps. Nothing is changed.
 *
 * @param foreign - makes what is thrown when the file does not begin with this head: it may be anybody's
 * @returns where the whole lines end; what a crash cut off stands behind it. 0 when not even the head is whole
 */
export async function readBegun(path: string, head: object, onLine: OnLine, foreign: () => Error): Promise<number> {
  const first = JSON.stringify(head);
  let end = 0;
  for await (const line of linesOf(path)) {
    const isHead = end === 0;
    if (isHead && !(line.isWhole ? line.text === first : first.startsWith(line.text))) throw foreign();
    if (!line.isWhole) break;
    if (!isHead) onLine(line.value);
    end = line.end;
  }
  return end;
}
