import { createHash } from 'node:crypto';
import { ivLength, tagLength } from '../../shared/protocol/layout.js';

export const schemaVersion = 2;

/** What SQL calls things in one schema. */
export interface Names {
  /** The schema, quoted: what stands before the name of every table and function. */
  schema: string;
  /** First half of our advisory locks: databases have one space of them for all programs. */
  lockClass: number;
}

export function namesIn(schema: string): Names {
  const lockClass = createHash('sha256').update(`pixstore ${schema}`).digest().readInt32LE();
  return { schema: `"${schema}"`, lockClass };
}

/** Before the sealed key in a part's `sealing`: the IV and the tag, which a new key leaves as they are. */
export const sealedKeyAt = ivLength + tagLength;

// Each is one row of `counters`. A connection counts in the row of its own process, so that no save waits for another.
export const counterShards = 64;

/**
 * Ids are compared by their bytes, whatever the collation of the database. Of a part, `sealing` is IV, tag and sealed key
 * in one piece: nobody asks for one without the others. A generation of 0 says that the sealed key names no key of the
 * folder; in `folder_keys` that the folder was erased, and with it what names none. Keys without bytes were destroyed.
 * Ciphertexts look random: trying to compress them is in vain. What a folder holds is the sum of its rows in `folder_usage`.
 */
export const createTables = ({ schema }: Names): string => `
  CREATE TABLE ${schema}.store (
    only_one       boolean PRIMARY KEY CHECK (only_one),
    schema_version integer NOT NULL,
    id             text    NOT NULL,
    epoch          bigint  NOT NULL,
    is_marked      boolean NOT NULL,
    is_adopted     boolean NOT NULL
  );
  INSERT INTO ${schema}.store VALUES (true, ${schemaVersion}, replace(gen_random_uuid()::text, '-', ''), 1, false, true);

  CREATE TABLE ${schema}.parts (
    id         text COLLATE "C" NOT NULL,
    variant    text COLLATE "C" NOT NULL,
    folder     text COLLATE "C" NOT NULL,
    generation bigint NOT NULL,
    token      bigint NOT NULL,
    size       bigint NOT NULL,
    sealing    bytea  NOT NULL,
    blob       text COLLATE "C",
    ciphertext bytea,
    PRIMARY KEY (id, variant),
    CHECK ((blob IS NULL) <> (ciphertext IS NULL))
  );
  ALTER TABLE ${schema}.parts ALTER ciphertext SET STORAGE EXTERNAL;
  CREATE UNIQUE INDEX parts_by_blob ON ${schema}.parts (blob) WHERE blob IS NOT NULL;

  CREATE TABLE ${schema}.counters (
    shard              integer PRIMARY KEY,
    images             bigint NOT NULL DEFAULT 0,
    bytes              bigint NOT NULL DEFAULT 0,
    last_removed_token bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 20);
  INSERT INTO ${schema}.counters (shard) SELECT generate_series(0, ${counterShards - 1});

  CREATE TABLE ${schema}.folder_usage (
    folder text COLLATE "C" NOT NULL,
    shard  integer NOT NULL,
    images bigint NOT NULL,
    bytes  bigint NOT NULL,
    PRIMARY KEY (folder, shard)
  ) WITH (fillfactor = 50);

  CREATE TABLE ${schema}.key_ring (
    only_one boolean PRIMARY KEY CHECK (only_one),
    version  bigint NOT NULL,
    bytes    bytea  NOT NULL
  );
  CREATE TABLE ${schema}.folder_keys (
    folder     text COLLATE "C" NOT NULL,
    generation bigint NOT NULL,
    wrapped    bytea,
    sealed     bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (folder, generation)
  );
  CREATE TABLE ${schema}.erasures (folder text COLLATE "C" PRIMARY KEY, generation bigint NOT NULL);

  CREATE TABLE ${schema}.sessions (id text COLLATE "C" PRIMARY KEY, begun bigint NOT NULL, ended bigint);
  CREATE TABLE ${schema}.given_up_blobs (blob text COLLATE "C" PRIMARY KEY);
`;

/** SQL: is the key there that a part names? Of rows of `parts` called p, and of the key that they name, if any, called k. */
export const isAlive = '(CASE WHEN p.generation = 0 THEN k.folder IS NULL ELSE k.wrapped IS NOT NULL END)';

/** SQL: parts as p, each with the key that it names as k. */
export const withKey = ({ schema }: Names, parts = `${schema}.parts p`): string =>
  `${parts} LEFT JOIN ${schema}.folder_keys k ON k.folder = p.folder AND k.generation = p.generation`;
