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
