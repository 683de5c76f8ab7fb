// A backend in an application whose functions fail whenever they are told something. Prints what became of the work; a
// process that dies of it prints nothing.
//
// node failing-callbacks.mjs <folder> <throw | reject>
import { subscribe } from 'node:diagnostics_channel';
import { createPixstoreBackend, setCustomErrorHandler } from 'pixstore/backend';
import { makePicture } from '../kill/picture.mjs';

const [, , folder = '', way] = process.argv;
const calls = { logger: 0, subscriber: 0, laterSubscriber: 0, handler: 0 };

/** @param {keyof typeof calls} who */
function count(who) {
  calls[who] += 1;
}

/** @param {keyof typeof calls} who */
function fail(who) {
  count(who);
  const error = new TypeError('cannot write /var/secret/place.log');
  if (way === 'throw') throw error;
  return Promise.reject(error);
}

const channels = ['save', 'update', 'delete', 'serve'].map((name) => `pixstore:${name}`);
for (const channel of channels) subscribe(channel, () => fail('subscriber'));
for (const channel of channels) subscribe(channel, () => count('laterSubscriber'));

const tell = () => fail('logger');
const picture = makePicture('any', 500);
const open = (/** @type {import('pixstore/backend').BackendConfig} */ config) =>
  createPixstoreBackend({
    databasePath: `${folder}/db.sqlite`,
    imageRootDir: `${folder}/images`,
    defaultEndpointEnabled: false,
    statelessKeyWindowLength: -1, // which is warned of
    logger: { info: tell, warn: tell, error: tell },
    ...config,
  });

const backend = open({ errorHandlingMode: 'warn' });
await backend.saveImage(picture, { id: 'one' });
await backend.updateImage('one', picture);
const none = backend.getImageRecord('../x'); // logged
const payload = await backend.customEndpointHelper('one');
await backend.deleteImage('one');
await backend.close();

const strict = open({ errorHandlingMode: 'custom' });
if (way === 'reject') setCustomErrorHandler(() => fail('handler'));
else setCustomErrorHandler(() => count('handler')); // what it throws is the caller's, and stays so
await strict.saveImage(Buffer.from('this is not an image'));
strict.getImageRecord('../x');
await strict.close();

await new Promise((resolve) => setImmediate(resolve)); // whatever comes after the fact
console.log(JSON.stringify({ ...calls, none, served: payload?.[0] }));
