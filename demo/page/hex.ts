const bytesPerGroup = 8;

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Fills `target` with the first bytes, eight to a group, in hex and as text; style.css lays out as many groups as fit. */
export function showHex(target: HTMLElement, bytes: Uint8Array, count = 80): void {
  const groups: HTMLElement[] = [];
  for (let at = 0; at < Math.min(bytes.length, count); at += bytesPerGroup) {
    groups.push(hexGroup(bytes.subarray(at, Math.min(at + bytesPerGroup, count))));
  }
  target.replaceChildren(...groups);
  // Byte by byte is no way to hear them.
  target.setAttribute('role', 'img');
  target.setAttribute('aria-label', `First bytes, in hex: ${toHex(bytes.subarray(0, 4))} and so on`);
}

function hexGroup(bytes: Uint8Array): HTMLElement {
  const group = document.createElement('span');
  const text = document.createElement('i');
  group.textContent = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
    .join(' ')
    .padEnd(bytesPerGroup * 3 - 1);
  text.textContent = Array.from(bytes, (byte) => (byte > 32 && byte < 127 ? String.fromCharCode(byte) : '·')).join('');
  group.append(text);
  return group;
}
