// The script of the test page: the built package, as an application would bundle it, and what tests ask the page for.
import * as pixstore from 'pixstore/frontend';

/** What a page says about an image it got. */
export interface SeenImage {
  type: string;
  bytes: number;
  sha256: string;
}

/** What came of an upload, and what the page was told on the way. */
export interface SeenUpload {
  record?: pixstore.ImageRecord;
  error?: { code: string | undefined; status: number | undefined; name: string; message: string };
  told: pixstore.UploadProgress[];
  /** Whether `getLastPixstoreError` has it. */
  isRemembered: boolean;
}

/** What a page says about a call that failed. */
export interface SeenError {
  code: string | undefined;
  message: string;
}

declare global {
  var frontend: import('pixstore/frontend').ObservableFrontend;
  var loads: import('pixstore/frontend').ImageLoadInfo[];
  var helpers: typeof pageHelpers;
}

export const pageHelpers = {
  /** Makes the page's frontend; the images it loads are noted in `loads`. */
  start(config: pixstore.FrontendConfig): void {
    globalThis.loads = [];
    globalThis.frontend = pixstore.createPixstoreFrontend({
      errorHandlingMode: 'throw',
      onImageLoad: (info) => globalThis.loads.push(info),
      ...config,
    });
  },

  async get(record: pixstore.ImageRecord): Promise<SeenImage | SeenError> {
    try {
      const image = await globalThis.frontend.getImage(record);
      if (!image) return { code: 'null', message: '' };
      return { type: image.type, bytes: image.size, sha256: await pageHelpers.digest(image) };
    } catch (error) {
      return {
        code: error instanceof pixstore.PixstoreError ? error.code : undefined,
        message: String(error),
      };
    }
  },

  /** Sends the file that is at a path of the page's own site. */
  async upload(
    path: string,
    type: string,
    options: Partial<pixstore.UploadImageOptions> & { url: string },
  ): Promise<SeenUpload> {
    const content = await (await fetch(path)).arrayBuffer();
    const told: pixstore.UploadProgress[] = [];
    const onProgress = (progress: pixstore.UploadProgress) => {
      told.push(progress);
      return options.onProgress?.(progress);
    };
    try {
      const record = await pixstore.uploadImage(new File([content], 'chosen', { type }), { ...options, onProgress });
      return { record, told, isRemembered: false };
    } catch (failure) {
      const { code, status, name, message } = failure as pixstore.PixstoreError;
      return {
        error: { code, status, name, message },
        told,
        isRemembered: pixstore.getLastPixstoreError() === failure,
      };
    }
  },

  async digest(blob: Blob): Promise<string> {
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
    return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
  },

  /** Shows an image in the page as an application does, and says how large it came out. */
  async show(record: pixstore.ImageRecord): Promise<[width: number, height: number]> {
    const blob = await globalThis.frontend.getImage(record);
    if (!blob) throw new Error('no image');
    const image = document.createElement('img');
    image.src = URL.createObjectURL(blob);
    document.body.append(image);
    await image.decode();
    return [image.naturalWidth, image.naturalHeight];
  },

  /** Opens a database as any script could, and keeps it open, deaf to other tabs. Only `upgrade` may make one. */
  openRaw(name: string, version?: number, upgrade?: (database: IDBDatabase) => void): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(name, version);
      request.onupgradeneeded = () => (upgrade ? upgrade(request.result) : request.transaction?.abort());
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  },

  /** Every row of every store of a database, or nothing when there is no such database. */
  async readAll(name = 'pixstore'): Promise<Record<string, Record<string, unknown>[]>> {
    const database = await pageHelpers.openRaw(name).catch(() => undefined);
    const stores = [...(database?.objectStoreNames ?? [])];
    try {
      if (!database || stores.length === 0) return {};
      const transaction = database.transaction(stores);
      return Object.fromEntries(
        await Promise.all(stores.map(async (store) => [store, await rowsOf(transaction.objectStore(store))])),
      );
    } finally {
      database?.close();
    }
  },

  /** The ids of the images on disk, sorted. */
  async cachedIds(name = 'pixstore', store = 'images'): Promise<string[]> {
    const rows = (await pageHelpers.readAll(name))[store] ?? [];
    return rows.map(({ id }) => String(id)).sort();
  },
};

function rowsOf(store: IDBObjectStore): Promise<Record<string, unknown>[]> {
  return new Promise((resolve, reject) => {
    const request = store.getAll();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

globalThis.helpers = pageHelpers;
