import type { Picture } from '../answers.js';
import { ApiError, api } from './api.js';
import { Card } from './card.js';
import { confirmDelete } from './confirm.js';
import { openDetail, setUpDetail, showDetailLoad } from './detail.js';
import { find, fromTemplate } from './dom.js';
import { notify } from './notice.js';
import { deleteCachedImage, explain, forgetUpTo, type Load, type Source, startPixstore } from './pictures.js';
import { summarize } from './source.js';
import { acceptFiles, transfer } from './uploads.js';

const gallery = find(HTMLElement, '#gallery');
const addButton = find(HTMLButtonElement, '#add');
const reloadChoice = find(HTMLFieldSetElement, '#bar fieldset');
const cards = new Map<string, Card>();

/** Asks the application which pictures there are, and shows them. */
async function start(): Promise<void> {
  find(HTMLElement, '#failure').hidden = true;
  find(HTMLElement, '#bar').hidden = false;
  find(HTMLElement, '#summary').textContent = 'Loading';
  showSkeletons();
  try {
    const { endpoint, pictures } = await api.gallery();
    startPixstore(endpoint, onImageLoad);
    setUpDetail(endpoint);
    addButton.disabled = false;
    reloadChoice.disabled = false;
    cards.clear();
    gallery.replaceChildren(...pictures.map((picture) => makeCard(picture).element));
    showState();
    await loadAll();
  } catch (error) {
    gallery.replaceChildren();
    find(HTMLElement, '#bar').hidden = true;
    find(HTMLElement, '#failure').hidden = false;
    if (!(error instanceof ApiError)) throw error;
  }
}

async function loadAll(): Promise<void> {
  const started = performance.now();
  await Promise.all([...cards.values()].map((card) => card.load()));
  const milliseconds = performance.now() - started;
  const loads = [...cards.values()].map((card) => card.lastLoad);
  find(HTMLElement, '#summary').textContent = loads.length > 0 ? summarize(loads, milliseconds) : '';
}

function onImageLoad(load: Load): void {
  const [id = ''] = load.id.split('.');
  cards.get(id)?.showLoad(load);
  showDetailLoad(load);
}

function makeCard(picture: Picture): Card {
  const card = new Card(picture, { open: (opened) => openDetail(opened.picture), replace, remove });
  cards.set(picture.id, card);
  return card;
}

async function add(files: File[]): Promise<void> {
  for (const file of files) {
    const picture = await transfer(file.name, (onProgress) => api.add(file, onProgress));
    if (!picture) continue;
    const card = makeCard(picture);
    gallery.prepend(card.element);
    showState();
    await card.load();
    notify(`“${picture.title}” was added.`);
  }
}

async function replace(card: Card, file: File): Promise<void> {
  const before = card.picture.title;
  const picture = await transfer(file.name, (onProgress) => api.replace(card.picture.id, file, onProgress));
  if (!picture) return;
  card.describe(picture);
  await card.load();
  notify(`“${before}” was replaced by “${picture.title}”.`);
}

async function remove(card: Card): Promise<void> {
  const { id, title } = card.picture;
  if (!(await confirmDelete(title))) return;
  try {
    await api.remove(id);
  } catch (error) {
    // Deleted already, in another tab: then only the card is left to go.
    if (!(error instanceof ApiError) || error.code !== 'IMAGE_NOT_FOUND') return notify(explain(error), 'error');
  }
  await deleteCachedImage(id);
  const neighbour = card.element.nextElementSibling ?? card.element.previousElementSibling;
  cards.delete(id);
  card.element.remove();
  showState();
  (neighbour?.querySelector<HTMLElement>('.open') ?? addButton).focus();
  notify(`“${title}” was deleted, on the server and in this browser.`);
}

function showState(): void {
  find(HTMLElement, '#bar').hidden = cards.size === 0;
  find(HTMLElement, '#empty').hidden = cards.size > 0;
}

/** Grey cards until it is known which pictures there are. */
function showSkeletons(): void {
  const skeletons = Array.from({ length: 10 }, () => fromTemplate('card-template'));
  for (const skeleton of skeletons) skeleton.inert = true;
  gallery.replaceChildren(...skeletons);
}

acceptFiles([addButton, find(HTMLButtonElement, '#add-first')], find(HTMLInputElement, '#add-input'), add);
find(HTMLButtonElement, '#retry').addEventListener('click', start);
for (const button of reloadChoice.querySelectorAll<HTMLButtonElement>('[data-reload]')) {
  button.addEventListener('click', async () => {
    await forgetUpTo(button.dataset.reload as Source);
    await loadAll();
  });
}
await start();
