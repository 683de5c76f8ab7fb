// Changes images one after the other, and says so after each.
//
// node four-changes.mjs <folder>
import { writeSync } from 'node:fs';
import { createPixstoreBackend } from 'pixstore/backend';
import { makePicture } from '../kill/picture.mjs';
import { backendOf } from '../kill/settings.mjs';

const backend = createPixstoreBackend(backendOf(process.argv[2] ?? ''));
const [small, large, larger] = [4_000, 80_000, 90_000].map((length) => makePicture(`${length} bytes`, length));
const say = (/** @type {string} */ word) => void writeSync(1, `${word}\n`);

await backend.saveImage(/** @type {Buffer} */ (small), { id: 'small' });
say('saved small');
await backend.saveImage(/** @type {Buffer} */ (large), { id: 'large' });
say('saved large');
await backend.updateImage('large', /** @type {Buffer} */ (larger));
say('updated large');
await backend.deleteImage('large');
say('deleted large');
