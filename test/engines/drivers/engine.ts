/** A browser that was started for a test file, with one profile for all its tabs. */
export interface Engine {
  /** Opens a page in a new tab and does not wait for it. */
  open(url: string): Promise<Tab>;
  close(): Promise<void>;
}

export interface Tab {
  close(): Promise<void>;
}

export const engineNames = ['chromium', 'firefox', 'webkit'] as const;
export type EngineName = (typeof engineNames)[number];
