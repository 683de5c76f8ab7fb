import { deleteCachedImage } from 'pixstore/frontend';
import type { Picture } from '../answers.js';
import { ApiError, api } from './api.js';
import { compare } from './compare.js';
import { confirmDelete } from './confirm.js';
import { closeDetail, openDetail, setUpDetail, showDetailLoad } from './detail.js';
import { find } from './dom.js';
import { Gallery } from './gallery.js';
import { notify } from './notice.js';
import { explain, forgetUpTo, type Load, type Source, startPixstore } from './pictures.js';
import { formatMilliseconds, pictures } from './source.js';
import { Tiers } from './tiers.js';
import { acceptFiles, transfer } from './uploads.js';
import { setUpWhatIf } from './what-if.js';

const addButton = find(HTMLButtonElement, '#add');
const summary = find(HTMLElement, '#summary');
const reloadChoice = find(HTMLFieldSetElement, '#tools fieldset');
const compareSwitch = find(HTMLInputElement, '#compare-switch');
const gallery = new Gallery(find(HTMLElement, '#gallery'), find(HTMLElement, '#above'), openDetail);
const tiers = new Tiers(find(HTMLElement, '#tiers'));
let refreshed = 0;
let drawn = ''; // how many, how fast

/** What the page shows: one of these. */
type View = 'gallery' | 'empty' | 'failure' | 'compare' | 'logged-out';

function show(view: View): void {
  for (const part of document.querySelectorAll<HTMLElement>('[data-view]')) {
    part.hidden = !part.dataset.view?.split(' ').includes(view);
  }
}

/** Asks the application which pictures there are, and shows them. */
async function start(): Promise<void> {
  show('gallery');
  summary.textContent = 'Loading';
  gallery.show(Array.from({ length: 60 }, () => undefined));
  try {
    const { endpoint, pictures, isGrowing } = await api.gallery();
    startPixstore(endpoint, { onLoad, onRefresh: (count) => (refreshed += count) });
    setUpDetail(endpoint, { replace, remove });
    for (const control of [addButton, reloadChoice, compareSwitch]) control.disabled = false;
    showPictures(pictures);
    await sayHowFast();
    if (isGrowing) setTimeout(grow, 1000);
  } catch (error) {
    show('failure');
    if (!(error instanceof ApiError)) throw error;
  }
}

/** On its first start the demo makes samples by and by: shows those that have come. */
async function grow(): Promise<void> {
  const answer = await api.gallery().catch(() => undefined);
  const known = new Set(gallery.pictures.map(({ id }) => id));
  gallery.append(answer?.pictures.filter(({ id }) => !known.has(id)) ?? []);
  say();
  if (answer?.isGrowing !== false) setTimeout(grow, 1000);
}

function showPictures(pictures: readonly Picture[]): void {
  show(pictures.length > 0 ? 'gallery' : 'empty');
  gallery.show(pictures);
}

async function sayHowFast(since = performance.now()): Promise<void> {
  const milliseconds = await gallery.drawn(since);
  const inView = gallery.tilesInView;
  const failed = inView.filter(({ state }) => state === 'failed').length;
  drawn = `${inView.length - failed} in view, drawn in ${formatMilliseconds(milliseconds)}`;
  if (failed > 0) drawn += `; ${failed} could not be loaded`;
  say();
  tiers.lookSoon();
}

function say(): void {
  summary.textContent = `${pictures(gallery.pictures.length)}. ${drawn}`;
}

function onLoad(load: Load): void {
  tiers.add(load);
  showDetailLoad(load);
}

async function add(files: File[]): Promise<void> {
  for (const file of files) {
    const picture = await transfer(file.name, (onProgress) => api.add(file, onProgress));
    if (!picture) continue;
    showPictures([picture, ...gallery.pictures]);
    notify(`“${picture.title}” was added.`);
  }
}

async function replace(before: Picture, file: File): Promise<void> {
  const picture = await transfer(file.name, (onProgress) => api.replace(before.id, file, onProgress));
  if (!picture) return;
  showPictures(gallery.pictures.map((other) => (other.id === picture.id ? picture : other)));
  await openDetail(picture);
  notify(`“${before.title}” was replaced by “${picture.title}”.`);
}

async function remove({ id, title }: Picture): Promise<void> {
  if (!(await confirmDelete(title))) return;
  try {
    await api.remove(id);
  } catch (error) {
    // Deleted already, in another tab: then only the tile is left to go.
    if (!(error instanceof ApiError) || error.code !== 'IMAGE_NOT_FOUND') return notify(explain(error), 'error');
  }
  closeDetail();
  await deleteCachedImage(id);
  showPictures(gallery.pictures.filter((other) => other.id !== id));
  if (gallery.pictures.length > 0) gallery.focus();
  else addButton.focus();
  notify(`“${title}” was deleted, on the server and in this browser.`);
}

acceptFiles([addButton, find(HTMLButtonElement, '#add-first')], find(HTMLInputElement, '#add-input'), add);
for (const button of document.querySelectorAll('[data-start]')) button.addEventListener('click', start);
for (const button of reloadChoice.querySelectorAll<HTMLButtonElement>('[data-reload]')) {
  button.addEventListener('click', async () => {
    await forgetUpTo(button.dataset.reload as Source);
    const started = performance.now();
    gallery.renew();
    await sayHowFast(started);
  });
}
compareSwitch.addEventListener('change', () => {
  show(compareSwitch.checked ? 'compare' : 'gallery');
  if (compareSwitch.checked) return compare('first');
  gallery.renew();
});
setUpWhatIf({
  gallery,
  countRefreshed() {
    const count = refreshed;
    refreshed = 0;
    return count;
  },
  showLogout(left) {
    find(HTMLElement, '#left-here').textContent = left;
    find(HTMLElement, '#left-there').textContent = pictures(gallery.pictures.length);
    gallery.show([]);
    show('logged-out');
  },
});
await start();
