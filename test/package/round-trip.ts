import { join } from 'node:path';
import { root } from './run.js';

/** A server's program: saves an image, fetches it as a browser would, and ends with a line of JSON about it. */
export const roundTrip = `
  import { customEndpointHelper, getImageRecord, initPixstoreBackend, saveImage } from 'pixstore/backend';
  const backend = initPixstoreBackend({ defaultEndpointEnabled: false, errorHandlingMode: 'throw' });
  const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
  const { id } = await saveImage(png, 'avatars');
  const record = getImageRecord(id);
  const payload = await customEndpointHelper(record.id, undefined, record.statelessProof);
  const refused = await saveImage(Buffer.from('no image')).catch(({ status }) => status);
  await backend.close();
  console.log(JSON.stringify({ id: record.id, image: png.length, payload: payload.length, refused }));
`;

/** What the round trip says in the end. */
export function resultOf(output: string): { id: string; image: number; payload: number; refused: number } {
  return JSON.parse(output.trim().split('\n').at(-1) ?? '');
}

/** Stands for "npm install better-sqlite3" on Nodes that need it: require() looks there, too. */
export const withSqlite = { NODE_PATH: join(root, 'node_modules') };
