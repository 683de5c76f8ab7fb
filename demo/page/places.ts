import { find } from './dom.js';
import type { Evidence } from './evidence.js';
import { fromHex, showHex, toHex } from './hex.js';

export interface Finding {
  good: boolean;
  text: string;
}

/** Fills the panel with the first bytes that each place holds of a picture, and what follows from them. */
export function showPlaces(panel: Element, evidence: Evidence, decrypted: Uint8Array, type: string): void {
  const { server, wire, browser } = evidence;
  const place = (name: string, bytes: Uint8Array, facts: string) => {
    const article = find(HTMLElement, `[data-place=${name}]`, panel);
    find(HTMLElement, '.facts', article).textContent = facts;
    showHex(find(HTMLElement, 'pre', article), bytes);
  };
  place('memory', decrypted, `${count(decrypted.length)} of ${type}: the picture, decrypted to be shown`);
  place('server', fromHex(server.head), `${count(server.size)} of ciphertext, in the demo’s data folder`);
  const state = toHex(wire.subarray(0, 1));
  place('wire', wire.subarray(1), `${count(wire.length)}: one state byte (${state}), then the ciphertext`);
  if (browser) place('browser', browser, `${count(browser.length)} of ciphertext`);
  else place('browser', new Uint8Array(), 'Nothing: the picture is not in this browser’s cache');
  find(HTMLElement, 'dd', panel).textContent = server.sealedKey;
  showFindings(panel, conclude(evidence));
}

/** Empties the panel, so that a picture is never seen with the bytes of another. */
export function clearPlaces(panel: Element): void {
  for (const element of panel.querySelectorAll('.facts, pre, dd, .findings')) element.replaceChildren();
}

export function showFindings(panel: Element, findings: Finding[]): void {
  const items = findings.map(({ good, text }) => {
    const item = document.createElement('li');
    item.textContent = text;
    item.dataset.good = String(good);
    return item;
  });
  find(HTMLElement, '.findings', panel).replaceChildren(...items);
}

function conclude({ browser, same, keyFound }: Evidence): Finding[] {
  const places = browser ? 'All three places' : 'The server’s disk and the wire';
  return [
    same
      ? { good: true, text: `${places} hold the same ciphertext, and nothing of the picture itself.` }
      : { good: false, text: 'The places hold different bytes.' },
    keyFound
      ? { good: false, text: 'The picture’s key lies beside its ciphertext.' }
      : {
          good: true,
          text: 'The picture’s key is in none of them. It came with the record, and goes when this page does.',
        },
  ];
}

function count(bytes: number): string {
  return `${bytes.toLocaleString('en')} bytes`;
}
