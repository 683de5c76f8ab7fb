const irotLength = 9;

/** An AVIF of one item, by sharp, that says to be shown turned: by one more property, "irot", which decoders must know. */
export function turnedAvif(avif: Buffer, quarters: number): Buffer {
  const boxAt = (type: string) => avif.indexOf(type) - 4;
  const [listAt, namesAt] = [boxAt('ipco'), boxAt('ipma')];
  const listEnd = listAt + avif.readUInt32BE(listAt);
  const namesEnd = namesAt + avif.readUInt32BE(namesAt);
  const count = avif[namesAt + 18] as number; // length, name, version and flags, count of items 4, id 2
  const bytes = Buffer.concat([
    avif.subarray(0, listEnd),
    Buffer.of(0, 0, 0, irotLength),
    Buffer.from('irot', 'latin1'),
    Buffer.of(quarters),
    avif.subarray(listEnd, namesEnd),
    Buffer.of(0x80 | (count + 1)), // the last one of the list, which is essential
    avif.subarray(namesEnd),
  ]);
  const grow = (at: number, by: number) => bytes.writeUInt32BE(bytes.readUInt32BE(at) + by, at);
  for (const type of ['ipco', 'ipma', 'iprp', 'meta']) grow(bytes.indexOf(type) - 4, lengthsOf[type] as number);
  (bytes[namesAt + irotLength + 18] as number) += 1;
  const pictureAt = Buffer.alloc(4);
  pictureAt.writeUInt32BE(avif.indexOf('mdat') + 4);
  grow(bytes.indexOf(pictureAt, boxAt('iloc')), irotLength + 1);
  return bytes;
}

const lengthsOf: Readonly<Record<string, number>> = {
  ipco: irotLength,
  ipma: 1,
  iprp: irotLength + 1,
  meta: irotLength + 1,
};
