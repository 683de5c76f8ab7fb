import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { unanswered } from './upload-error.js';
import type { UploadImageOptions } from './upload-options.js';

/** A file on its way to a server. */
export interface FileRequest extends Pick<UploadImageOptions, 'url' | 'headers' | 'credentials' | 'signal'> {
  file: Blob;
  /** Told how many bytes have left. */
  onSent(bytes: number): void;
}

/** What a server said, whatever it means. */
export interface Answer {
  status: number;
  text: string;
}

/**
 * Sends a file. By XMLHttpRequest, since `fetch` says nothing of how far it is; service workers and Node have none, and
 * send by `fetch`.
 *
 * @throws UploadError `UPLOAD_UNANSWERED`; PixstoreError `CONFIG_INVALID`; the reason of an aborted signal
 */
export function sendFile(request: FileRequest): Promise<Answer> {
  return typeof XMLHttpRequest === 'function' ? sendByXhr(request) : sendByFetch(request);
}

function sendByXhr({ url, file, credentials, signal, onSent, ...request }: FileRequest): Promise<Answer> {
  const xhr = new XMLHttpRequest();
  prepare(() => {
    xhr.open('POST', url);
    for (const [name, value] of headersOf(file, request.headers)) xhr.setRequestHeader(name, value);
  });
  xhr.withCredentials = credentials === 'include';
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal?.reason);
      xhr.abort();
    };
    signal?.addEventListener('abort', abort);
    xhr.upload.onprogress = ({ loaded }) => onSent(loaded);
    xhr.onload = () => resolve({ status: xhr.status, text: xhr.responseText });
    xhr.onerror = () => reject(unanswered());
    xhr.onloadend = () => signal?.removeEventListener('abort', abort);
    xhr.send(file);
  });
}

async function sendByFetch({ url, file, headers, credentials, signal }: FileRequest): Promise<Answer> {
  const request = prepare(
    () =>
      new Request(url, {
        method: 'POST',
        headers: headersOf(file, headers),
        credentials: credentials ?? 'same-origin',
        body: file,
        signal: signal ?? null,
      }),
  );
  try {
    const response = await fetch(request);
    return { status: response.status, text: await response.text() };
  } catch (cause) {
    signal?.throwIfAborted();
    throw unanswered(cause);
  }
}

/** The type of a file is what its name says, so it may be any: the server finds the format from the bytes. */
function headersOf(file: Blob, given: UploadImageOptions['headers'] = {}): [name: string, value: string][] {
  const headers = Object.entries(given).filter(([name]) => name.toLowerCase() !== 'content-type');
  return [...headers, ['Content-Type', /^image\//i.test(file.type) ? file.type : 'application/octet-stream']];
}

/** What cannot even be begun. */
function prepare<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw new PixstoreError(
      'CONFIG_INVALID',
      'The "url" of uploadImage is none that can be asked, or one of the "headers" has characters that headers cannot have.',
      { cause },
    );
  }
}
