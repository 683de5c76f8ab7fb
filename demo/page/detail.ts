import type { GalleryAnswer, Picture } from '../answers.js';
import { api } from './api.js';
import { find, showBlob } from './dom.js';
import { gatherEvidence } from './evidence.js';
import { explain, forgetUpTo, type Load, loadPicture, type Source } from './pictures.js';
import { clearPlaces, showFindings, showPlaces } from './places.js';
import { showSource } from './source.js';

const dialog = find(HTMLDialogElement, '#detail');
const image = find(HTMLImageElement, '.frame img', dialog);
const badge = find(HTMLElement, '.source', dialog);

let endpoint: GalleryAnswer['endpoint'];
let current: Picture | undefined;
// Grows with every look: what an earlier one still brings must not overwrite it.
let turn = 0;

export interface DetailActions {
  replace(picture: Picture, file: File): void;
  remove(picture: Picture): void;
}

/** Sets the panel up that shows a picture, and beside it what is really stored of it. */
export function setUpDetail(imageEndpoint: GalleryAnswer['endpoint'], { replace, remove }: DetailActions): void {
  endpoint = imageEndpoint;
  const input = find(HTMLInputElement, 'input[type=file]', dialog);
  find(HTMLButtonElement, '[data-action=replace]', dialog).onclick = () => input.click();
  input.onchange = () => {
    const [picture, file] = [current, input.files?.[0]];
    input.value = '';
    if (picture && file) replace(picture, file);
  };
  find(HTMLButtonElement, '[data-action=delete]', dialog).onclick = () => current && remove(current);
}

export function closeDetail(): void {
  dialog.close();
}

export async function openDetail(picture: Picture): Promise<void> {
  current = { ...picture };
  find(HTMLElement, 'h2', dialog).textContent = picture.title;
  image.alt = picture.alt;
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  await inspect('memory');
}

/** Is told of every picture that was loaded, and marks the one that is open. */
export function showDetailLoad(load: Load): void {
  if (load.id === current?.id) showSource(badge, load);
}

/** Shows the picture, coming from `source`, and what each place then holds. */
async function inspect(source: Source): Promise<void> {
  const picture = current;
  if (!picture) return;
  turn += 1;
  const mine = turn;
  showFindings(dialog, []);
  try {
    await forgetUpTo(source, picture.id);
    const blob = await loadPicture(picture);
    if (mine === turn) await showBlob(image, blob);
    const { token } = picture.record;
    Object.assign(picture, await api.picture(picture.id));
    // Replaced meanwhile, in another tab: show that one.
    if (mine === turn && picture.record.token !== token) return inspect(source);
    const evidence = await gatherEvidence(picture, endpoint);
    const decrypted = new Uint8Array(await blob.arrayBuffer());
    if (mine === turn) showPlaces(dialog, evidence, decrypted, blob.type);
  } catch (error) {
    if (mine === turn) showFindings(dialog, [{ good: false, text: explain(error) }]);
  }
}

find(HTMLButtonElement, '[data-close]', dialog).addEventListener('click', () => dialog.close());
dialog.addEventListener('click', (event) => {
  // The dialog itself is hit only beside its content.
  if (event.target === dialog) dialog.close();
});
dialog.addEventListener('close', () => {
  current = undefined;
  turn += 1;
  clearPlaces(dialog);
  image.removeAttribute('src');
  showSource(badge, undefined);
});
for (const button of dialog.querySelectorAll<HTMLButtonElement>('[data-reload]')) {
  button.addEventListener('click', () => inspect(button.dataset.reload as Source));
}
