import type { ImageRecord } from 'pixstore/backend';
import { photo, sha256, type TestBackend } from '../../browser/harness/backend.js';
import { smallPicture } from '../../support/small-picture.js';
import type { Engine, Tab } from '../drivers/engine.js';
import type { Fault, SeenRequest, Wire } from './wire.js';

/** A saved image: what the application's API would hand out, and what must come out in the browser. */
export interface Saved {
  record: ImageRecord;
  sha256: string;
}

/** What a case asks of the world outside its page. Arguments and results travel as JSON. */
export type Control = ReturnType<typeof createControl>;

export interface ControlParts {
  backend: TestBackend;
  wire: Wire;
  engine: Engine;
  /** Of the case's own site. */
  origin: () => string;
}

export function createControl({ backend, wire, engine, origin }: ControlParts) {
  const tabs = new Map<string, Tab>();

  return {
    /** Saves one of the demo's photos, as a new image. */
    async save(name: string): Promise<Saved> {
      const bytes = await photo(name);
      return { record: await backend.save(bytes), sha256: sha256(bytes) };
    },

    /** Saves many small pictures, no two the same, under ids in the order of the list. */
    async saveMany(count: number): Promise<Saved[]> {
      return Promise.all(
        Array.from({ length: count }, async () => {
          const bytes = smallPicture();
          return { record: await backend.save(bytes), sha256: sha256(bytes) };
        }),
      );
    },

    async update(id: string, name: string): Promise<Saved> {
      const bytes = await photo(name);
      return { record: await backend.update(id, bytes), sha256: sha256(bytes) };
    },

    async remove(id: string): Promise<void> {
      await backend.deleteImage(id);
    },

    /** Fresh records, as the application's API would hand them out. */
    async records(ids: string[]): Promise<ImageRecord[]> {
      return ids.map((id) => backend.record(id));
    },

    /** Moves the backend's clock. */
    async letTimePass(milliseconds: number): Promise<void> {
      backend.clock.ahead += milliseconds;
    },

    /** What befalls the endpoint's answers from now on; null: nothing. */
    async suffer(fault: Fault | null): Promise<void> {
      wire.suffer(fault ?? undefined);
    },

    /** Lets go of what is held back. */
    async release(): Promise<void> {
      wire.release();
    },

    async goOffline(): Promise<void> {
      wire.setDown(true);
    },

    async goOnline(): Promise<void> {
      wire.setDown(false);
    },

    /** What the endpoint was asked so far. */
    async requests(): Promise<SeenRequest[]> {
      return wire.requests;
    },

    /** Opens a page of the case's site in a new tab of the same browser. */
    async openTab(id: string, path: string): Promise<void> {
      const tab = await engine.open();
      tabs.set(id, tab);
      await tab.go(origin() + path);
    },

    async closeTab(id: string): Promise<void> {
      await tabs.get(id)?.close();
      tabs.delete(id);
    },

    async closeTabs(): Promise<void> {
      await Promise.all([...tabs.values()].map((tab) => tab.close()));
      tabs.clear();
    },
  };
}
