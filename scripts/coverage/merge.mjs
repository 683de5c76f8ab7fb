/** @typedef {import('istanbul-lib-coverage').FileCoverageData} FileCoverageData */
/** @typedef {import('istanbul-lib-coverage').Location} Location */

/**
 * Adds the hits of another run of the same source file, of statements and branches. The two runs compiled the file in different ways, so that ends
 * of statements may be mapped differently: what begins at the same place is the same.
 *
 * @param {FileCoverageData} file is changed
 * @param {FileCoverageData} other
 */
export function addHits(file, other) {
  const statements = byStart(Object.entries(other.statementMap), (location) => location);
  for (const [id, location] of Object.entries(file.statementMap)) {
    file.s[id] = (file.s[id] ?? 0) + (other.s[statements.get(start(location)) ?? ''] ?? 0);
  }
  const branches = byStart(Object.entries(other.branchMap), ({ loc }) => loc);
  for (const [id, { loc }] of Object.entries(file.branchMap)) {
    const hits = other.b[branches.get(start(loc)) ?? ''] ?? [];
    file.b[id] = (file.b[id] ?? []).map((count, arm) => count + (hits[arm] ?? 0));
  }
}

/**
 * @template Mapping
 * @param {[string, Mapping][]} entries
 * @param {(mapping: Mapping) => { start: Location }} locate
 */
function byStart(entries, locate) {
  return new Map(entries.map(([id, mapping]) => [start(locate(mapping)), id]));
}

/** @param {{ start: Location }} location */
const start = ({ start: { line, column } }) => `${line}:${column}`;
