/** Hands out the body of an answer as it comes in; all at once where a `fetch` of the application's own has no streams. */
export async function readChunks(response: Response, onChunk: (chunk: Uint8Array) => void): Promise<void> {
  const reader = response.body?.getReader();
  if (!reader) return onChunk(new Uint8Array(await response.arrayBuffer()));
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) onChunk(part.value);
  } catch (error) {
    reader.cancel().catch(() => {}); // what cannot be read need not come
    throw error;
  }
}

/**
 * The body of an answer as a whole.
 *
 * @param onProgress - told whenever some of it came in
 */
export async function readWhole(response: Response, onProgress: () => void): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  await readChunks(response, (chunk) => {
    chunks.push(chunk);
    length += chunk.length;
    onProgress();
  });
  const [first] = chunks;
  if (first?.length === length) return first;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
