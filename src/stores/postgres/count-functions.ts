import { counterShards, type Names } from './tables.js';

/** SQL: what a folder may hold; null: anything. */
export const givenQuota = 'p_max_images bigint, p_max_bytes bigint';

/** SQL: the functions that count what is stored, for those that change it, and in their commit. */
export function createCountFunctions({ schema }: Names): string {
  return [
    `CREATE FUNCTION ${schema}.count_2(p_images bigint, p_bytes bigint, p_removed_token bigint) RETURNS void
    LANGUAGE sql AS $function$
      UPDATE ${schema}.counters SET images = images + p_images, bytes = bytes + p_bytes,
        last_removed_token = greatest(last_removed_token, p_removed_token)
      WHERE shard = pg_backend_pid() % ${counterShards}
    $function$;`,

    // In the first row of the folder that nobody is changing, else in a new one: so there are as many as ever counted at one
    // moment, and nobody waits.
    `CREATE FUNCTION ${schema}.count_in_folder_2(p_folder text, p_images bigint, p_bytes bigint) RETURNS void
    LANGUAGE plpgsql AS $function$
    DECLARE
      free integer;
    BEGIN
      IF p_images = 0 AND p_bytes = 0 THEN RETURN; END IF;
      SELECT shard INTO free FROM ${schema}.folder_usage WHERE folder = p_folder ORDER BY shard LIMIT 1
      FOR UPDATE SKIP LOCKED;
      IF FOUND THEN
        UPDATE ${schema}.folder_usage SET images = images + p_images, bytes = bytes + p_bytes
        WHERE folder = p_folder AND shard = free;
      ELSE
        INSERT INTO ${schema}.folder_usage AS usage VALUES (p_folder, (random() * 2147483647)::int, p_images, p_bytes)
        ON CONFLICT (folder, shard) DO UPDATE SET images = usage.images + p_images, bytes = usage.bytes + p_bytes;
      END IF;
    END;
    $function$;`,

    // To be asked by who has the lock of quotas: then it has not changed by the commit. Only growth is refused.
    `CREATE FUNCTION ${schema}.is_over_quota_2(p_folder text, p_images bigint, p_bytes bigint, ${givenQuota}) RETURNS boolean
    LANGUAGE sql AS $function$
      SELECT coalesce(p_images > 0 AND coalesce(sum(images), 0) + p_images > p_max_images, false)
        OR coalesce(p_bytes > 0 AND coalesce(sum(bytes), 0) + p_bytes > p_max_bytes, false)
      FROM ${schema}.folder_usage WHERE folder = p_folder
    $function$;`,

    `CREATE FUNCTION ${schema}.count_sealed_2(p_folder text, p_generation bigint, p_sealed bigint) RETURNS void
    LANGUAGE sql AS $function$
      UPDATE ${schema}.folder_keys SET sealed = sealed + p_sealed WHERE folder = p_folder AND generation = p_generation
    $function$;`,
  ].join('\n');
}
