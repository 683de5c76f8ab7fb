import { getMultipartBoundary, MultipartParser, type MultipartPart } from '@remix-run/multipart-parser';
import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import { uploadInvalid } from './upload-errors.js';

// More than forms of people have. Below these the parser does little work, whatever it is given.
const maxParts = 100;
const maxHeaderBytes = 4 * 1024;

/** What a form may have beside its file. */
export const maxFormOverhead = 64 * 1024;

// RFC 2046: 1 to 70 characters, of ASCII.
const goodBoundary = /^[\x20-\x7e]{1,70}$/;

const quoted = /"(?:[^"\\]|\\.)*"/g;
const namesFile = /;\s*filename\*?\s*=/i;
const leftEmpty = /;\s*filename\s*=\s*""/i;

/**
 * The one file in a form of `multipart/form-data`, as it lies in its body. The body is whole: the parser gets it in one
 * piece, so that it copies nothing and how it was cut on its way makes no difference.
 *
 * @param field - the name of the file's field; any, when it is left out
 * @throws PixstoreError `UPLOAD_INVALID`
 */
export function fileInForm(body: Uint8Array, contentType: string, field: string | undefined): Uint8Array {
  const files = read(() => partsOf(body, contentType).filter((part) => isWanted(part, field)));
  const [file, another] = files;
  if (!file) throw uploadInvalid(field === undefined ? 'the form has no file' : `the form has no file "${field}"`);
  if (another) throw uploadInvalid('the form has several files. Send a form for each');
  const [content = new Uint8Array(), more] = file.content;
  return more ? file.bytes : content;
}

function partsOf(body: Uint8Array, contentType: string): MultipartPart[] {
  const boundary = getMultipartBoundary(contentType) ?? '';
  if (!goodBoundary.test(boundary)) {
    throw uploadInvalid('its content type names no boundary of 1 to 70 characters');
  }
  const parser = new MultipartParser(boundary, {
    maxParts,
    maxHeaderSize: maxHeaderBytes,
    maxFileSize: body.length,
    maxTotalSize: body.length,
  });
  const parts = [...parser.write(body)];
  parser.finish();
  return parts;
}

/** What the parser says quotes what was sent, or is for programmers. */
function read<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw cause instanceof PixstoreError ? cause : uploadInvalid('it is no whole form', cause);
  }
}

/**
 * Is it the file that is asked for? A field for files that was left empty is sent, too, without a name. The parser's own
 * `filename` is not asked: it would decode what nobody needs, and write to the console what it cannot decode.
 */
function isWanted(part: MultipartPart, field: string | undefined): boolean {
  const disposition = (part.headers['content-disposition'] ?? '').replace(quoted, (text) =>
    text === '""' ? text : '"?"',
  );
  if (part.size === 0 && leftEmpty.test(disposition)) return false;
  return field === undefined ? namesFile.test(disposition) : part.name === field;
}
