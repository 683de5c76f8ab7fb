// Runs the backend of pixstore 3.2.1, which cannot be closed, in a process of its own: start-peer.mjs BUNDLE FOLDER PORT
// PHOTO... It sends the records of the photos to its parent.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const [bundle = '', folder = '', port, ...photos] = process.argv.slice(2);
const peer = await import(bundle);
peer.initPixstoreBackend({
  databasePath: join(folder, 'images.sqlite'),
  imageRootDir: join(folder, 'images'),
  defaultEndpointEnabled: true,
  defaultEndpointListenHost: '127.0.0.1',
  defaultEndpointListenPort: Number(port),
  defaultEndpointRoute: '/pixstore-image',
  accessControlAllowOrigin: '*',
  statelessKeyWindowLength: 200_000,
  errorHandlingMode: 'throw',
});
const records = [];
for (const photo of photos) records.push(await peer.saveImage(await readFile(photo)));
process.send?.(records);
process.on('disconnect', () => process.exit());
