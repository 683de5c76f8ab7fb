import { find, fromTemplate } from './dom.js';
import { explain } from './pictures.js';

const list = find(HTMLElement, '#uploads');

/** Shows how far a file is on its way; a refusal stays until it is dismissed. Gives undefined when it failed. */
export async function transfer<Result>(
  name: string,
  send: (onProgress: (share: number) => void) => Promise<Result>,
): Promise<Result | undefined> {
  const row = fromTemplate('upload-template');
  const bar = find(HTMLProgressElement, 'progress', row);
  const state = find(HTMLElement, '.state', row);
  find(HTMLElement, '.name', row).textContent = name;
  bar.setAttribute('aria-label', `Uploading ${name}`);
  list.append(row);
  try {
    const result = await send((share) => {
      bar.value = share * 100;
      state.textContent = share < 1 ? `${Math.round(share * 100)} %` : 'Encrypting';
    });
    row.dataset.state = 'done';
    bar.value = 100;
    state.textContent = 'Encrypted and kept';
    setTimeout(() => row.remove(), 1500);
    return result;
  } catch (error) {
    row.dataset.state = 'failed';
    row.setAttribute('role', 'alert');
    state.textContent = explain(error);
    const dismiss = find(HTMLButtonElement, 'button', row);
    dismiss.hidden = false;
    dismiss.addEventListener('click', () => row.remove());
    return undefined;
  }
}

/** Calls `onFiles` with what is chosen by one of the buttons or dropped anywhere on the page. */
export function acceptFiles(buttons: HTMLButtonElement[], input: HTMLInputElement, onFiles: (files: File[]) => void) {
  const curtain = find(HTMLElement, '#drop');
  for (const button of buttons) button.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    input.value = '';
    onFiles(files);
  });
  addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    curtain.hidden = false;
  });
  addEventListener('dragleave', (event) => {
    // Only when the pointer leaves the window: it has no next element then.
    if (!event.relatedTarget) curtain.hidden = true;
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    curtain.hidden = true;
    onFiles([...(event.dataTransfer?.files ?? [])]);
  });
}
