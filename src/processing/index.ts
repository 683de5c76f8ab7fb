/** Variants, placeholders and conversion of pictures, on sharp. Importing it loads nothing that has to be installed. */
export { PixstoreError } from '../shared/errors/pixstore-error.js';
export type { ConversionOptions, ProcessingFolder, SharpProcessingOptions } from './options.js';
export { sharpProcessing } from './sharp-processing.js';
export type { VariantDefinition } from './variant-definition.js';
export type { VariantFormat } from './variant-formats.js';
