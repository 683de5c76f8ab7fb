import { find } from './dom.js';

const box = find(HTMLElement, '#notice');
const text = find(HTMLElement, 'p', box);
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says what happened, in sight and to screen readers. Errors stay until they are dismissed. */
export function notify(message: string, kind: 'done' | 'error' = 'done'): void {
  clearTimeout(timer);
  text.textContent = message;
  box.dataset.kind = kind;
  box.classList.add('shown');
  if (kind === 'done') timer = setTimeout(hide, 5000);
}

function hide(): void {
  box.classList.remove('shown');
}

find(HTMLButtonElement, 'button', box).addEventListener('click', hide);
