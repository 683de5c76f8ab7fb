/** Contract suites: what every implementation of a pixstore port must pass. */
export { type BlobStoreSuiteOptions, blobStoreSuite, type OpenedBlobs } from './blob-store-suite.js';
export { type ImageStoreSuiteOptions, imageStoreSuite, type OpenedStore } from './image-store-suite.js';
export { type KeyWrapperSuiteOptions, keyWrapperSuite, type OpenedKeyWrapper } from './key-wrapper-suite.js';
export { type OpenedRows, type RowStoreSuiteOptions, rowStoreSuite } from './row-store-suite.js';
