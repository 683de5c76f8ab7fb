import { openAsBlob } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { type ImageInput, sourceOf } from '../../../../src/backend/images/to-bytes.js';
import { openBackend } from '../../../support/backend.js';
import { failure } from '../../../support/errors.js';
import { temporaryFolder } from '../../../support/folders.js';
import { smallPicture } from '../../../support/small-picture.js';

const picture = smallPicture();
const limit = 10_000;
const read = async (input: unknown) => sourceOf(input as ImageInput, limit).read();

/** What an expression is in another realm, where `bytes` is a list of numbers. */
const elsewhere = (expression: string) => runInContext(expression, createContext({ bytes: [...picture] })) as object;

class OddBuffer extends Uint8Array {
  override subarray(): never {
    throw new Error('not as you know it');
  }
}

/** As packages make one for Node, and jsdom for pages. */
class OtherBlob {
  readonly [Symbol.toStringTag]: string = 'Blob';
  constructor(
    readonly size: number,
    readonly content: unknown,
  ) {}
  async arrayBuffer() {
    return this.content;
  }
}

/** Memory with room around the picture, and a view of just that. */
function placed(memory: ArrayBufferLike): Uint8Array {
  const view = new Uint8Array(memory, 10, picture.length);
  view.set(picture);
  return view;
}
const resizable = (length: number, maxByteLength: number) =>
  new (ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer & { resize(to: number): void })(
    length,
    { maxByteLength },
  );

describe('the bytes of an image', () => {
  test.each<[string, () => unknown]>([
    ['a Buffer', () => picture],
    ['a Uint8Array', () => Uint8Array.from(picture)],
    ['a piece of a Buffer', () => Buffer.from(placed(new ArrayBuffer(2_000)).buffer, 10, picture.length)],
    ['a DataView', () => new DataView(placed(new ArrayBuffer(2_000)).buffer, 10, picture.length)],
    ['an ArrayBuffer', () => Uint8Array.from(picture).buffer],
    ['a subclass', () => OddBuffer.from(picture)],
    ['a Blob', () => new Blob([Uint8Array.from(picture)])],
    ['a File', () => new File([Uint8Array.from(picture)], 'a.png')],
    ['a Uint8Array of another realm', () => elsewhere('Uint8Array.from(bytes)')],
    ['a piece of one of another realm', () => elsewhere('Uint8Array.from([1, 2, ...bytes, 3]).subarray(2, -1)')],
    ['an ArrayBuffer of another realm', () => elsewhere('Uint8Array.from(bytes).buffer')],
    ['a DataView of another realm', () => elsewhere('new DataView(Uint8Array.from(bytes).buffer)')],
    ['a subclass of another realm', () => elsewhere('(class extends Uint8Array {}).from(bytes)')],
    ['shared memory', () => placed(new SharedArrayBuffer(2_000))],
    ['shared memory, as a whole', () => placedAlone(new SharedArrayBuffer(picture.length))],
    [
      'shared memory of another realm',
      () => elsewhere('const a = new Uint8Array(new SharedArrayBuffer(bytes.length)); a.set(bytes); a'),
    ],
    ['memory that may be resized', () => placed(resizable(2_000, 4_000))],
    ['a Blob of a package', () => new OtherBlob(picture.length, Uint8Array.from(picture).buffer)],
    ['a Blob that gives a Buffer', () => new OtherBlob(picture.length, picture)],
    ['a Blob of another realm', () => new OtherBlob(picture.length, elsewhere('Uint8Array.from(bytes).buffer'))],
  ])('are taken from %s', async (_, make) => {
    const source = sourceOf(make() as ImageInput, limit);
    expect(source.size).toBe(picture.length);
    const bytes = await source.read();
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    expect(Buffer.compare(bytes, picture)).toBe(0);
  });

  test('are a copy where others may change them, and else are not', async () => {
    for (const memory of [new SharedArrayBuffer(2_000), resizable(2_000, 4_000)]) {
      const shared = placed(memory);
      const bytes = await read(shared);
      shared.fill(0);
      expect(Buffer.compare(bytes, picture)).toBe(0);
      expect(bytes.buffer).not.toBe(memory);
    }
    expect((await read(picture)).buffer).toBe(picture.buffer);
  });

  test('are none when the memory went away in between', async () => {
    const memory = resizable(2_000, 4_000);
    const source = sourceOf(placed(memory), limit);
    memory.resize(50);
    expect((await source.read()).length).toBe(0);
    const bytes = Uint8Array.from(picture);
    const other = sourceOf(bytes, limit);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    expect((await other.read()).length).toBe(0);
  });

  test.each<[string, () => unknown]>([
    ['a path', () => 'cat.png'],
    ['nothing', () => undefined],
    ['null', () => null],
    ['a list of bytes', () => [...picture]],
    ['what looks like bytes', () => ({ length: 3, 0: 1, 1: 2, 2: 3, [Symbol.toStringTag]: 'Uint8Array' })],
    ['what inherits from bytes', () => Object.create(Uint8Array.prototype)],
    ['a Proxy', () => new Proxy(picture, {})],
    ['larger numbers', () => new Uint16Array(8)],
    ['an answer', () => new Response('')],
    ['a Blob without bytes', () => ({ size: 3, [Symbol.toStringTag]: 'Blob' })],
    ['a Blob of no size', () => new OtherBlob(Number.NaN, picture)],
    ['a Blob of a size below 0', () => new OtherBlob(-1, picture)],
    [
      'what is like a Blob and has another tag',
      () => Object.assign(new OtherBlob(3, picture), { [Symbol.toStringTag]: 'Fake' }),
    ],
    ['a Blob that gives text', () => new OtherBlob(3, 'text')],
    ['a transferred ArrayBuffer', () => transferred().buffer],
    ['a view of a transferred ArrayBuffer', () => transferredView()],
  ])('are not taken from %s', async (_, make) => {
    const error = await failure('IMAGE_INPUT_INVALID', () => read(make()));
    expect(error.message).toMatch(
      /^An image must be a Buffer, .* was given\. For a path there is saveImageFromFile\.$/,
    );
  });

  test('are refused when they are too many, whatever they are', async () => {
    for (const input of [
      new Uint8Array(limit + 1),
      elsewhere(`new Uint8Array(${limit + 1})`),
      elsewhere(`new ArrayBuffer(${limit + 1})`),
      new SharedArrayBuffer(limit + 1),
      new Blob([new Uint8Array(limit + 1)]),
      new OtherBlob(limit + 1, picture),
      new OtherBlob(3, new Uint8Array(limit + 1)), // it has more than it says
    ]) {
      await failure('IMAGE_TOO_LARGE', () => read(input));
    }
  });

  test('that a Blob does not give are an error of their own', async () => {
    const path = join(await temporaryFolder(), 'picture.png');
    await writeFile(path, picture);
    const blob = await openAsBlob(path);
    await appendFile(path, 'more');
    const error = await failure('IMAGE_FILE_UNREADABLE', () => read(blob));
    expect(error.message).toContain('the Blob does not give its bytes (NotReadableError)');
    expect(error.cause).toBeInstanceOf(DOMException);
  });
});

test('images of another realm and in shared memory are kept and handed out', async () => {
  const backend = await openBackend({ errorHandlingMode: 'throw' });
  for (const input of [
    elsewhere('Uint8Array.from(bytes)'),
    placed(new SharedArrayBuffer(2_000)),
    new OtherBlob(picture.length, picture),
  ]) {
    expect(await backend.saveImage(input as ImageInput)).toMatchObject({ width: 8, height: 8, bytes: picture.length });
  }
});

function placedAlone(memory: SharedArrayBuffer): SharedArrayBuffer {
  new Uint8Array(memory).set(picture);
  return memory;
}

function transferred(): Uint8Array {
  const bytes = Uint8Array.from(picture);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  return bytes;
}

function transferredView(): DataView {
  const view = new DataView(Uint8Array.from(picture).buffer);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}
