/** @typedef {import('./steps.mjs').Step} Step */

/**
 * Which steps run beside which: steps that follow one another and name a lane make a stage, whose lanes run at the same
 * time; a step without one is a stage of its own.
 *
 * @param {Step[]} steps
 * @returns {Step[][][]} stages, of lanes, of steps
 */
export function stagesOf(steps) {
  /** @type {Map<string, Step[]>[]} */
  const stages = [];
  let isOpen = false;
  for (const step of steps) {
    if (!isOpen || step.lane === undefined) stages.push(new Map());
    isOpen = step.lane !== undefined;
    const lanes = /** @type {Map<string, Step[]>} */ (stages.at(-1));
    const name = step.lane ?? '';
    lanes.set(name, [...(lanes.get(name) ?? []), step]);
  }
  return stages.map((lanes) => [...lanes.values()]);
}
