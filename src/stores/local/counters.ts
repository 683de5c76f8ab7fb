/** Names of the numbers that are kept beside the images, so that nobody has to count a million rows. */
export const counters = {
  lastRemovedToken: 'last_removed_token',
  images: 'images',
  bytes: 'bytes',
  /** Commits ever made. Of two copies of a database, the one with fewer is the older. */
  commits: 'commits',
} as const;

/** Somebody else's number must not keep us from counting on. */
export const commitsQuery = `
  SELECT max(0, min(value, ${Number.MAX_SAFE_INTEGER})) AS value FROM counters WHERE name = '${counters.commits}'`;

/** SQL: a counter, by name, that is never lowered. */
export const raiseCounter =
  'INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)';

// As `generationOf` reads it, in hexadecimal digits: the number of a key's generation, little-endian.
const namesKey = `hex(substr(sealed_key, 1, 5)) =
  printf('02%02X%02X%02X%02X', generation & 255, generation >> 8 & 255, generation >> 16 & 255, generation >> 24 & 255)`;

/** SQL: counts what all folders hold, into an empty table. What was erased, and is still to be removed, is left out. */
export const countFolders = `
  INSERT INTO folder_usage
    SELECT folder, sum(instr(id, '.') = 0), sum(CASE WHEN size BETWEEN 0 AND 1099511627776 THEN size ELSE 0 END),
           coalesce((SELECT generation FROM erasures WHERE erasures.folder = counted.folder), -1)
    FROM (SELECT id, size, sealed_key, substr(id, 1, max(instr(id, ':') - 1, 0)) AS folder FROM parts) AS counted
    WHERE folder NOT IN (SELECT folder FROM erasures) OR EXISTS (
      SELECT 1 FROM folder_keys WHERE folder_keys.folder = counted.folder AND is_destroyed = 0 AND ${namesKey})
    GROUP BY folder;
  INSERT OR IGNORE INTO folder_usage SELECT folder, 0, 0, generation FROM erasures;
`;
