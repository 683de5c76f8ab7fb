/** A GIF by sharp with another screen, and its first picture at another place on it. */
export function drawnOn(gif: Buffer, screen: { width: number; height: number; left: number; top: number }): Buffer {
  const bytes = Buffer.from(gif);
  bytes.writeUInt16LE(screen.width, 6);
  bytes.writeUInt16LE(screen.height, 8);
  const at = bytes.indexOf(Buffer.of(0x2c, 0, 0, 0, 0));
  bytes.writeUInt16LE(screen.left, at + 1);
  bytes.writeUInt16LE(screen.top, at + 3);
  return bytes;
}
