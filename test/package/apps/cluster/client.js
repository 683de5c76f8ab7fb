// Sends files, asks for their records and gets the pictures. Each request has a connection of its own, so that any worker
// may answer it.
import { readFileSync } from 'node:fs';
import { createPixstoreFrontend, uploadImage } from 'pixstore/frontend';

const [origin, ...paths] = process.argv.slice(2);
const workers = new Set();
const { fetch } = globalThis;
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const response = await fetch(request, { headers: [...request.headers, ['connection', 'close']] });
  workers.add(Number(response.headers.get('x-worker')));
  return response;
};

const frontend = createPixstoreFrontend({
  defaultEndpointConnectHost: origin,
  defaultEndpointRoute: '/images',
  errorHandlingMode: 'throw',
});
let same = 0;
for (const path of paths) {
  const bytes = readFileSync(path);
  const { id } = await uploadImage(new Blob([bytes]), { url: `${origin}/photos` });
  const record = await (await globalThis.fetch(`${origin}/${encodeURIComponent(id)}`)).json();
  const image = await frontend.getImage(record);
  if (Buffer.from(await image.arrayBuffer()).equals(bytes)) same += 1;
}
console.log(JSON.stringify({ same, workers: [...workers] }));
