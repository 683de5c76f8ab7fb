import { createGallery } from './gallery.mjs';
import { countKept } from './kept.mjs';
import { loadSealed } from './sealed-source.mjs';

// The floor: the least that encrypted pictures can take, as Blobs.
globalThis.gallery = createGallery((/** @type {{ port: number }} */ { port }) => {
  /** @type {Map<string, Blob>} */
  const memory = new Map();

  return {
    /**
     * @param {import('./sealed-source.mjs').SealedRecord[]} records
     * @param {(index: number, picture: Blob) => void} arrived
     */
    async load(records, arrived) {
      if (memory.size > 0) {
        for (const [index, { id }] of records.entries()) arrived(index, memory.get(id) ?? new Blob());
        return;
      }
      await loadSealed(port, records, (index, bytes) => {
        const picture = new Blob([bytes]);
        memory.set(records[index].id, picture);
        arrived(index, picture);
      });
    },
    kept: () => countKept({ database: 'floor', store: 'rows' }),
  };
});
