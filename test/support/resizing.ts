import sharp from 'sharp';
import type { ImageProcessing } from '../../src/backend/images/processing-port.js';

/** By name the width of a variant. */
export type Widths = Readonly<Record<string, number>>;

export interface ResizingOptions {
  widths: Widths | ((dir: string) => Widths);
  placeholders?: boolean;
  /** Called before anything is made. */
  before?: () => Promise<void> | void;
}

/** Makes webp variants of a width, and placeholders of six bytes: no more than what tests of the backend need. */
export function resizing({ widths, placeholders = false, before }: ResizingOptions): ImageProcessing {
  const widthsOf = (dir: string) => (typeof widths === 'function' ? widths(dir) : widths);
  return {
    placeholders,
    definitions: (dir) => new Map(Object.entries(widthsOf(dir)).map(([name, width]) => [name, `width${width}`])),
    convert: (bytes, format) => (format === 'tiff' ? sharp(bytes).webp().toBuffer() : null),
    async process({ bytes }, { dir, variants, placeholder }) {
      await before?.();
      const made = variants.map(async (name) => {
        const width = widthsOf(dir)[name] ?? Number.NaN;
        const { data, info } = await sharp(bytes)
          .autoOrient()
          .resize({ width, withoutEnlargement: true })
          .webp()
          .toBuffer({ resolveWithObject: true });
        return { name, bytes: data, format: 'webp' as const, width: info.width, height: info.height };
      });
      return { variants: await Promise.all(made), placeholder: placeholder ? bytes.slice(-6) : undefined };
    },
  };
}
