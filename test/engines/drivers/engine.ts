/** A browser that was started for a test file, with one profile for all its tabs. */
export interface Engine {
  /** Opens a new tab. */
  open(): Promise<Tab>;
  close(): Promise<void>;
}

export interface Tab {
  /** Goes to a page and does not wait for it. */
  go(url: string): Promise<void>;
  close(): Promise<void>;
}

export const engineNames = ['chromium', 'firefox', 'webkit'] as const;
export type EngineName = (typeof engineNames)[number];
