import { onTestFinished } from 'vitest';
import { startVictim, type Victim } from './start-victim.mjs';

/** A backend in a process of its own until the test ends. */
export async function withVictim(config: Record<string, unknown> = {}): Promise<Victim> {
  const victim = await startVictim(config);
  onTestFinished(() => victim.stop());
  return victim;
}
