const width = 64;

/**
 * Ids in order, outside the JavaScript heap: a million strings there would slow down every garbage collection of the
 * process that is measured, and no server holds the ids of all its images.
 */
export function createIdList() {
  let bytes = Buffer.alloc(1024 * width);
  let length = 0;
  return {
    get length() {
      return length;
    },

    /** @param {string} id */
    push(id) {
      if (id.length >= width) throw new Error(`An id has ${id.length} characters.`);
      if (bytes.length === length * width) bytes = Buffer.concat([bytes, Buffer.alloc(bytes.length)]);
      bytes[length * width] = bytes.latin1Write(id, length * width + 1);
      length += 1;
    },

    /** @param {number} index */
    at(index) {
      const begin = index * width + 1;
      return bytes.latin1Slice(begin, begin + bytes[begin - 1]);
    },
  };
}
