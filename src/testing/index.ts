/** Contract suites: what every implementation of a pixstore port must pass. */
export { type ImageStoreSuiteOptions, imageStoreSuite, type OpenedStore } from './image-store-suite.js';
export { type KeyWrapperSuiteOptions, keyWrapperSuite, type OpenedKeyWrapper } from './key-wrapper-suite.js';
