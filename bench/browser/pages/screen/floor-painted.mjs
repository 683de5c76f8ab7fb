import { countKept } from '../kept.mjs';
import { loadSealed } from '../sealed-source.mjs';
import { makeImage, runOnScreen, setSrc, withSize } from './run.mjs';

const inlineBytes = 8 * 1024;

// The least that encrypted pictures can take by the paths of the painter: nothing is looked after, and nothing waits.
await runOnScreen(({ port, records, tile: side, picture }) => {
  const scale = side / Math.min(picture.width, picture.height);

  /** @param {ArrayBuffer} bytes @param {() => void} shown */
  function showInImage(bytes, shown) {
    const image = makeImage(side);
    const isInline = bytes.byteLength <= inlineBytes && navigator.vendor === 'Google Inc.';
    const url = isInline
      ? `data:image/png;base64,${btoa(String.fromCharCode(...new Uint8Array(bytes)))}`
      : URL.createObjectURL(new Blob([bytes]));
    setSrc(image, url, () => {
      if (!isInline) URL.revokeObjectURL(url);
      shown();
    });
    return image;
  }

  /** @param {ArrayBuffer} bytes @param {() => void} shown */
  async function drawOnCanvas(bytes, shown) {
    const canvas = withSize(document.createElement('canvas'), side);
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const source = await decode(bytes, canvas);
    canvas.getContext('2d')?.drawImage(source, 0, 0, canvas.width, canvas.height);
    source.close();
    shown();
    return canvas;
  }

  return {
    makeTile: (size) => withSize(document.createElement('span'), size),
    show(tiles, shown) {
      void loadSealed(port, records, async (index, bytes) => {
        const tile = tiles[index];
        const isNear = tile.offsetTop < innerHeight * 1.5;
        const isCanvas = navigator.vendor !== '' && isNear && bytes.byteLength > inlineBytes && scale < 0.7;
        const root = tile.attachShadow({ mode: 'closed' });
        root.append(await (isCanvas ? drawOnCanvas : showInImage)(bytes, () => shown(index)));
      });
    },
    kept: () => countKept({ database: 'floor', store: 'rows' }),
  };
});

/**
 * @param {ArrayBuffer} bytes
 * @param {HTMLCanvasElement} canvas
 * @returns {Promise<any>} something to draw
 */
async function decode(bytes, { width, height }) {
  const { ImageDecoder } = /** @type {any} */ (globalThis);
  if (!ImageDecoder) {
    return createImageBitmap(new Blob([bytes]), { resizeWidth: width, resizeHeight: height, resizeQuality: 'medium' });
  }
  const decoder = new ImageDecoder({
    data: bytes,
    type: 'image/jpeg',
    desiredWidth: width * 1.25,
    desiredHeight: height * 1.25,
  });
  return (await decoder.decode()).image;
}
