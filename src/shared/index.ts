/** What both sides of pixstore share: errors and the states of the wire format. */
export { errorCodes, type PixstoreErrorCode } from './errors/codes.js';
export { getLastPixstoreError, setCustomErrorHandler } from './errors/last-error.js';
export { PixstoreError } from './errors/pixstore-error.js';
export { decodePayload, encodePayload, type WirePayload } from './protocol/payload.js';
export { WirePayloadState } from './protocol/states.js';
