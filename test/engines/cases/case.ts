import type { FrontendConfig } from 'pixstore/frontend';
import type { EngineName } from '../drivers/engine.js';
import type { RemoteControl } from '../page/control.js';
import type { Frame, Page, Tab } from '../page/pages.js';

/**
 * What is tested in every engine. Cases run in a page and are listed in Node: a file of cases must not touch the
 * browser when it is imported.
 */
export interface Case {
  title: string;
  /** Why an engine cannot run it. */
  skip?: Partial<Record<EngineName, string>>;
  /** Milliseconds it may take; 50 s unless given. */
  patience?: number;
  run(world: CaseWorld): Promise<void>;
}

/** What a case has at hand: an empty browser storage, a real backend and a network that it may spoil. */
export interface CaseWorld {
  engine: EngineName;
  /** The options that lead to the backend; pages have them already. */
  endpoint: FrontendConfig;
  control: RemoteControl;
  openFrame(): Promise<Frame>;
  openSandbox(): Promise<Page>;
  openTab(): Promise<Tab>;
}

/** So that every hit is one of the disk cache. */
export const withoutMemory: FrontendConfig = { frontendMemoryCacheBytes: 0 };
