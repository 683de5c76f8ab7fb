import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { FailedRequest, failureOf } from '../objects/failures.js';
import type { ObjectStore } from '../objects/object-store.js';

export interface S3ObjectsOptions {
  client: S3Client;
  bucket: string;
  /** Are objects written only where there is none? */
  isConditional: boolean;
}

const writtenAsName = 'pixstore-name';

/** A bucket of S3. */
export function overS3({ client, bucket: Bucket, isConditional }: S3ObjectsOptions): ObjectStore {
  return {
    async put(Key, Body, writtenAs, abortSignal) {
      const command = new PutObjectCommand({
        Bucket,
        Key,
        Body,
        ContentLength: Body.length,
        ContentType: 'application/octet-stream',
        Metadata: { [writtenAsName]: writtenAs },
        ...(isConditional && { IfNoneMatch: '*' }),
      });
      try {
        const { ETag } = await client.send(command, { abortSignal });
        return ETag ? 'kept' : 'unconfirmed';
      } catch (error) {
        if (statusOf(error) === 412) return 'exists';
        throw error;
      }
    },

    async get(Key, from, abortSignal) {
      const command = new GetObjectCommand({ Bucket, Key, ...(from > 0 && { Range: `bytes=${from}-` }) });
      const answer = await orNull(client.send(command, { abortSignal }));
      if (!answer) return null;
      const { Body, ContentLength, Metadata } = answer;
      if (ContentLength === undefined || !Body) throw noS3();
      // Whoever reads it is told when it fails; when nobody does any more, nobody need be.
      (Body as Readable).on('error', () => {});
      return {
        size: ContentLength,
        writtenAs: Metadata?.[writtenAsName],
        body: Body as AsyncIterable<Uint8Array>,
      };
    },

    async size(Key, abortSignal) {
      const answer = await orNull(client.send(new HeadObjectCommand({ Bucket, Key }), { abortSignal }));
      if (answer && answer.ContentLength === undefined) throw noS3();
      return answer?.ContentLength ?? null;
    },

    /** S3 says 204 also of what is not there; others, such as Google Cloud, say 404. */
    async remove(Key, abortSignal) {
      await orNull(client.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal }));
    },

    async list(Prefix, after, ContinuationToken, abortSignal) {
      const command = new ListObjectsV2Command({
        Bucket,
        Prefix,
        ...(ContinuationToken !== undefined ? { ContinuationToken } : after !== '' && { StartAfter: after }),
      });
      const answer = await client.send(command, { abortSignal });
      // What is no list at all must not look like an empty one.
      if (answer.Name === undefined && answer.KeyCount === undefined) throw noS3();
      const cursor = answer.IsTruncated ? answer.NextContinuationToken : undefined;
      return { keys: (answer.Contents ?? []).flatMap((item) => item.Key ?? []), cursor };
    },

    failureOf(error) {
      const { name, code } = error as { name?: unknown; code?: unknown };
      const shown = [code, name].find((each) => typeof each === 'string' && each !== 'Error');
      return failureOf(error, statusOf(error), shown as string | undefined);
    },
  };
}

/** Of an object that is not there. Whether the bucket is, only some requests tell: whoever asks makes sure. */
async function orNull<Value>(request: Promise<Value>): Promise<Value | null> {
  try {
    return await request;
  } catch (error) {
    if (statusOf(error) === 404 && (error as { name?: unknown }).name !== 'NoSuchBucket') return null;
    throw error;
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata?.httpStatusCode;
}

const noS3 = () => new FailedRequest('broken', 'what answered does not speak S3');
