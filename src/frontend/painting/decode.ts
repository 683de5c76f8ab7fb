import type { Drawing } from './choose-path.js';
import type { Size } from './picture.js';

// What is used of WebCodecs, which the types of browsers do not have yet.
declare const ImageDecoder: new (init: {
  data: Uint8Array<ArrayBuffer>;
  type: string;
  desiredWidth?: number;
  desiredHeight?: number;
}) => { decode(): Promise<{ image: VideoFrame }>; close(): void };

// So many more pixels than are seen, by side: drawn from as many, edges get soft.
const spare = 1.25;

/**
 * Decodes a picture into a canvas of its own, in the picture's proportions.
 *
 * @param drawing - without `shown`, it gets as many pixels as the picture has
 * @throws whatever the browser says of what it cannot decode, and where it has no more canvases
 */
export async function decode(drawing: Drawing): Promise<HTMLCanvasElement> {
  const { shown } = drawing;
  const { source, width, height } = await decoded(drawing);
  const canvas = document.createElement('canvas');
  canvas.width = shown?.width ?? width;
  // The size was said of the picture by a record, which may be that of another version.
  canvas.height = Math.max(1, Math.round((canvas.width * height) / width));
  // Colours outside of sRGB are shown by an `<img>` where the screen has them.
  const colorSpace = matchMedia('(color-gamut: p3)').matches ? 'display-p3' : 'srgb';
  const context = canvas.getContext('2d', { colorSpace });
  if (context) {
    context.imageSmoothingQuality = 'medium';
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
  }
  source.close();
  if (!context) throw new Error('No canvas is left.');
  return canvas;
}

async function decoded({ picture: { bytes, type }, size, shown }: Drawing) {
  // Of a JPEG, and of nothing else, it decodes an eighth, two eighths and so on in less time and memory than all.
  if (type === 'image/jpeg' && 'ImageDecoder' in globalThis) {
    const decoder = new ImageDecoder({ data: bytes, type, ...(size && shown && eighthsOf(size, shown)) });
    try {
      const { image } = await decoder.decode();
      return { source: image, width: image.displayWidth, height: image.displayHeight };
    } finally {
      decoder.close();
    }
  }
  const bitmap = await createImageBitmap(new Blob([bytes], { type }), {
    ...(shown && { resizeWidth: shown.width, resizeQuality: 'medium' }),
  });
  return { source: bitmap, width: bitmap.width, height: bitmap.height };
}

/** The size to ask for, so that there are enough pixels: of one in between, a decoder takes the next lower eighth. */
function eighthsOf(size: Size, shown: Size) {
  const eighths = Math.min(8, Math.ceil((8 * spare * shown.width) / size.width));
  const partOf = (side: number) => Math.ceil((side * eighths) / 8);
  return { desiredWidth: partOf(size.width), desiredHeight: partOf(size.height) };
}
