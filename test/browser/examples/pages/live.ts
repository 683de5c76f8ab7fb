// The page of the WebSocket example: every image comes over the one socket that the page has open anyway.
import { createPixstoreFrontend, type ImageFetcher, type ImageRecord } from 'pixstore/frontend';
import { type SeenImage, show } from './seen-image.js';

const socket = new WebSocket('/images');
socket.binaryType = 'arraybuffer';
const open = new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
const waiting = new Map<number, (payload: Uint8Array) => void>();
let tickets = 0;

// Answers may overtake each other: each brings the ticket of its request, a u32, and then the payload.
socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
  const ticket = new DataView(data).getUint32(0, true);
  waiting.get(ticket)?.(new Uint8Array(data, 4));
  waiting.delete(ticket);
});

const fetchOverSocket: ImageFetcher = async ({ id, token, statelessProof }) => {
  await open;
  tickets += 1;
  const ticket = tickets;
  const payload = new Promise<Uint8Array>((resolve) => waiting.set(ticket, resolve));
  socket.send(JSON.stringify({ ticket, id, token, proof: statelessProof }));
  return payload;
};

const frontend = createPixstoreFrontend({ errorHandlingMode: 'throw' }, fetchOverSocket);

declare global {
  var live: typeof page;
}

const page = {
  showAll: (records: ImageRecord[]): Promise<SeenImage[]> =>
    Promise.all(records.map(async (record) => show(await frontend.getImage(record)))),

  failure: (record: ImageRecord): Promise<string> =>
    frontend.getImage(record).then(
      () => 'none',
      (error: Error) => `${'code' in error ? error.code : error}`,
    ),
};

globalThis.live = page;
