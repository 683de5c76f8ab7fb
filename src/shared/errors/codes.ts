/**
 * Every code a `PixstoreError` can have, with what it means. docs/errors.md lists the same codes with what to do;
 * test/unit/shared/errors/codes.test.ts holds the two, and what is thrown, together.
 */
export const errorCodes = {
  // set-up
  CONFIG_INVALID: 'An option is unknown, of the wrong type or out of range.',
  BACKEND_ALREADY_INITIALIZED: 'initPixstoreBackend was called again with other options, without close().',
  BACKEND_NOT_INITIALIZED: 'A backend function was called before initPixstoreBackend.',
  BACKEND_CLOSED: 'A backend was used after close().',
  BACKEND_NOT_OPEN: 'The keys of a backend are not there yet.',
  FRONTEND_NOT_INITIALIZED: 'A frontend function was called before initPixstoreFrontend.',
  FRONTEND_CLOSED: 'A frontend was used after close().',
  PORT_IN_USE: 'The default endpoint cannot listen: another program has the port.',
  LISTEN_FAILED: 'The default endpoint cannot listen on the host and port it was given.',
  ENDPOINT_ENABLED: 'customEndpointHelper was called while the default endpoint is enabled.',
  // images in
  IMAGE_INPUT_INVALID: 'An image was given as something other than bytes or a Blob.',
  IMAGE_EMPTY: 'An image has 0 bytes.',
  IMAGE_TRUNCATED: 'The bytes begin like an image, but are cut off or broken.',
  IMAGE_NOT_RECOGNIZED: 'The bytes are not an image.',
  IMAGE_FORMAT_REFUSED: 'The bytes are of a format that imageFormats does not list, or that is not kept.',
  IMAGE_TOO_LARGE: 'An image has more bytes than maxImageBytes.',
  IMAGE_FILE_UNREADABLE: 'A file to be saved does not exist or cannot be read.',
  IMAGE_DIR_INVALID: 'The name of a folder is not 1 to 64 characters of a-z, 0-9, _ and -.',
  IMAGE_ID_INVALID: 'An image id breaks the grammar.',
  IMAGE_ID_TAKEN: 'An image with the chosen id exists already.',
  IMAGE_NOT_FOUND: 'No image has this id.',
  TOKEN_INVALID: 'A token is not a whole number from 0 to 2^53 - 1.',
  // keys
  MASTER_KEY_INVALID: 'A master key is not 32 bytes in base64 or hex, is blank, or lies where others may read it.',
  MASTER_KEY_MISSING: 'The store holds images, but the key file that opens them is gone.',
  MASTER_KEY_MISMATCH: 'The store was sealed with a master key that was not given.',
  MASTER_KEY_REQUIRED: 'A store of your own needs a master key of your own.',
  SEALED_KEY_INVALID: 'A stored key does not open: its row was changed or moved.',
  KEY_WRAPPER_FAILED: 'The key wrapper failed, or answered with something other than what it was asked for.',
  KEY_WRAPPER_TIMEOUT: 'The key wrapper did not answer in time.',
  // storage
  SQLITE_MISSING: 'Node < 24 needs the package better-sqlite3.',
  DATABASE_INVALID: 'The database file is not SQLite, or is damaged.',
  DATABASE_FOREIGN: 'The database file belongs to another program.',
  DATABASE_TOO_NEW: 'The database was written by a newer pixstore.',
  IMAGE_DIR_UNUSABLE: 'imageRootDir cannot be made or written.',
  IMAGE_DIR_MISSING:
    'The images that the database names are not in imageRootDir: a disk that is not mounted, or another folder.',
  DATABASE_ROW_INVALID: 'A row of the database has a value that pixstore never wrote.',
  STORE_SUPERSEDED: 'Another copy of the database was adopted for imageRootDir; this one can change nothing any more.',
  BACKUP_FAILED: 'A backup could not be written, or did not hold what it should.',
  BACKUP_UNSUPPORTED: 'The store has no backup of its own.',
  STORAGE_FAILED: 'The database or the disk refused to work.',
  STORAGE_FULL: 'The disk is full.',
  CIPHERTEXT_MISSING: 'The database has a record whose ciphertext is gone or damaged.',
  STORE_TIMEOUT: 'The store did not answer in time.',
  STORE_CLOSED: 'A store, or an image opened from it, was used after close().',
  SYNC_UNSUPPORTED: 'The store cannot answer synchronously.',
  // the wire
  PAYLOAD_INVALID: 'A wire payload is empty, cut off, in an unknown state, or older than what was asked for.',
  AUDIENCE_INVALID: 'An audience is neither null nor a string of 1 to 256 characters.',
  BATCH_TOO_LARGE: 'The body of a batch request has more bytes than a batch of 256 images needs.',
  BATCH_INVALID: 'The body of a batch request cannot be read.',
  BATCH_TOO_SLOW: 'The body of a batch request was not whole in time.',
  BATCH_CROWDED_OUT: 'The body of a batch request was not whole when others needed its room.',
  // what the application and its services do
  RATE_LIMITER_FAILED: 'The limiter of rateLimit failed, or did not answer in time.',
  CLIENT_INVALID: 'clientOf returned something other than a string or undefined.',
  CHECK_TIMEOUT: 'authorize, audience or metrics of a handler did not answer in time.',
  // frontend
  RECORD_INVALID: 'getImage was given no record, or one with a missing or broken field.',
  INSECURE_CONTEXT: 'The page has no crypto.subtle: it was not loaded over HTTPS or from localhost.',
  FETCH_FAILED: 'The fetcher failed, or the endpoint did not answer as pixstore does.',
  FETCH_TIMEOUT: 'The fetcher did not answer in time.',
  PROOF_MISSING: 'The endpoint says that the request carried no proof.',
  PROOF_INVALID: 'The endpoint says that the proof is expired or not its own.',
  ACCESS_REFUSED: 'The application gave no fresh record of the image, or one that the endpoint refuses as well.',
  ID_MISSING: 'The endpoint says that the request named no image.',
  SERVER_FAILED: 'The endpoint failed inside.',
  RATE_LIMITED: 'The endpoint says that too many requests were made.',
  DECRYPTION_FAILED: 'The ciphertext does not decrypt with its key: it was changed, or the record is of another image.',
  CACHE_CLEARED: 'The user logged out, by clearImageCache in this tab or another, before the call was done.',
  SHOW_FAILED: 'An observer has an image that the browser made no Blob or URL of; the cause says why.',
  FORMAT_REFUSED: 'The image has a format that imageFormats of the frontend does not list.',
} as const;

export type PixstoreErrorCode = keyof typeof errorCodes;
