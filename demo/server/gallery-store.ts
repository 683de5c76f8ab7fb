import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPixstoreBackend, type PixstoreBackend } from 'pixstore/backend';
import { sharpProcessing } from 'pixstore/processing';

export interface GalleryStoreOptions {
  /** Folder that keeps the pictures. */
  dataDir: string;
  /** Where the encrypted pictures are served. */
  host: string;
  endpointPort: number;
  /** Which pages may ask for them. */
  origins: string[];
}

/** The backend of the gallery. It can be opened anew with another master key, and its clock can be put forward. */
export class GalleryStore {
  backend: PixstoreBackend<never>;
  #ahead = 0; // ms
  #users = 0;
  #nobodyLeft = () => {};
  #opening: Promise<unknown> | undefined;

  constructor(private readonly options: GalleryStoreOptions) {
    mkdirSync(options.dataDir, { recursive: true });
    this.backend = this.#open();
  }

  /** Puts the clock of the backend forward by more than a proof lives. */
  expireProofs(): void {
    this.#ahead += 60_000;
  }

  /**
   * Keeps the backend open until what this gives is called. While it is being opened anew, it waits.
   *
   * @example
   * const leave = await store.enter();
   * response.once('close', leave);
   */
  async enter(): Promise<() => void> {
    while (this.#opening) await this.#opening;
    this.#users += 1;
    return () => {
      this.#users -= 1;
      if (this.#users === 0) this.#nobodyLeft();
    };
  }

  /** Exchanges the master key, as docs/operating.md says. @returns how long the exchange took, in milliseconds */
  async rotateMasterKey(): Promise<number> {
    while (this.#opening) await this.#opening;
    const rotating = this.#rotate();
    this.#opening = rotating.catch(() => {}).finally(() => (this.#opening = undefined));
    return rotating;
  }

  async #rotate(): Promise<number> {
    if (this.#users > 0) await new Promise<void>((resolve) => (this.#nobodyLeft = resolve));
    const keyFile = join(this.options.dataDir, 'pixstore.sqlite.key');
    const former = readFileSync(keyFile, 'utf8'); // more than one key where an exchange was cut off
    const next = randomBytes(32).toString('base64');
    writeFileSync(keyFile, `${next}\n${former}`);
    // An application with several processes restarts them one after the other; here there is one.
    await this.backend.close();
    this.backend = this.#open();
    await this.backend.ready;
    const started = performance.now();
    for await (const _ of this.backend.rotateMasterKey());
    const milliseconds = performance.now() - started;
    writeFileSync(keyFile, `${next}\n`);
    return milliseconds;
  }

  #open() {
    const { dataDir, host, endpointPort, origins } = this.options;
    return createPixstoreBackend({
      databasePath: join(dataDir, 'pixstore.sqlite'),
      imageRootDir: join(dataDir, 'pixstore-images'),
      defaultEndpointListenHost: host,
      defaultEndpointListenPort: endpointPort,
      accessControlAllowOrigin: origins,
      errorHandlingMode: 'throw',
      now: () => Date.now() + this.#ahead,
      // A tile is shown by the small picture, and by a placeholder until that is there.
      processing: sharpProcessing({ variants: { tile: { width: 320 } }, placeholders: true }),
    });
  }
}
