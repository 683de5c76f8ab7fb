/** What a visitor has before his eyes, and whether it is the file that was saved. */
export interface SeenImage {
  sha256: string;
  type: string;
  width: number;
  height: number;
}

/** Shows an image as pages do, and says what came out. */
export async function show(blob: Blob | null): Promise<SeenImage> {
  if (!blob) throw new Error('getImage returned null');
  const picture = document.createElement('img');
  picture.src = URL.createObjectURL(blob);
  document.body.append(picture);
  await picture.decode();
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
  const sha256 = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { sha256, type: blob.type, width: picture.naturalWidth, height: picture.naturalHeight };
}
