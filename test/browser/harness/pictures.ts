import type { ImageRecord } from 'pixstore/backend';
import type { Page } from 'playwright-core';
import { photo, sha256 } from './backend.js';
import type { World } from './world.js';

// What tests of a failing disk cache share: one picture, large enough to be a file of its own in Chromium's IndexedDB.
const bytes = await photo('hubble.jpg');

/** What a page says when it got the picture. */
export const picture = { sha256: sha256(bytes) };

/** Saves the picture as a new image. */
export const save = ({ backend }: World): Promise<ImageRecord> => backend.save(bytes);

export const get = (tab: Page, record: ImageRecord) => tab.evaluate((record) => helpers.get(record), record);

/** Where the page found its images so far. */
export const sources = (tab: Page) => tab.evaluate(() => loads.map(({ source }) => source));

/** The ids of the images on disk. */
export const cachedIds = (tab: Page) => tab.evaluate(() => helpers.cachedIds());

/** So that every hit is one of the disk cache. */
export const withoutMemory = { frontendMemoryCacheBytes: 0 };

/** The database of the page's own frontend, where a test makes one called `pixstore` by hand. */
export const elsewhere = { frontendDbName: 'elsewhere' };
