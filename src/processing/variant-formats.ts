import { imageFormats } from '../shared/protocol/formats.js';
import type { ImageFormat } from '../types/index.js';

/** What pictures can be made into, whether backends keep it or not. */
const names = ['webp', 'jpg', 'jpeg', 'png', 'avif'] as const;
export type FormatName = (typeof names)[number];

/** The formats that variants are made in, of those that a backend keeps. */
export type VariantFormat = Extract<ImageFormat, FormatName>;

export const variantFormats = imageFormats.filter((format): format is VariantFormat =>
  names.some((name) => name === format),
);
