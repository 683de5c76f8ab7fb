/**
 * Hands out the body of an answer as it comes in.
 *
 * @returns false when it cannot be read that way
 */
export async function readChunks(response: Response, onChunk: (chunk: Uint8Array) => void): Promise<boolean> {
  const reader = response.body?.getReader();
  if (!reader) return false;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) onChunk(part.value);
  } catch (error) {
    reader.cancel().catch(() => {}); // what cannot be read need not come
    throw error;
  }
  return true;
}

/**
 * The body of an answer as a whole.
 *
 * @param onProgress - told whenever some of it came in
 */
export async function readWhole(response: Response, onProgress: () => void): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const isStream = await readChunks(response, (chunk) => {
    chunks.push(chunk);
    length += chunk.length;
    onProgress();
  });
  if (!isStream) return new Uint8Array(await response.arrayBuffer());
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
