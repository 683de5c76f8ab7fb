import { find } from './dom.js';

const dialog = find(HTMLDialogElement, '#confirm');

/** Asks before a picture is deleted, which cannot be undone. Escape keeps it. */
export function confirmDelete(title: string): Promise<boolean> {
  find(HTMLElement, 'h2', dialog).textContent = `Delete “${title}”?`;
  dialog.returnValue = 'cancel';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'delete'), { once: true });
  });
}
