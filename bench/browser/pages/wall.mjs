const columns = 20;
const side = 60; // px
const speed = 12; // px a frame
const frame = 1000 / 60; // ms

/** Where pictures are shown. */
export function createWall() {
  /** @type {HTMLImageElement[]} */
  let places = [];

  return {
    /** Makes room. @param {number} count of pictures */
    build(count) {
      places = Array.from({ length: count }, () => {
        const image = document.createElement('img');
        Object.assign(image.style, { width: `${side}px`, height: `${side}px`, background: '#dde', objectFit: 'cover' });
        return image;
      });
      Object.assign(document.body.style, {
        display: 'grid',
        gap: '2px',
        gridTemplateColumns: `repeat(${columns}, ${side}px)`,
      });
      document.body.replaceChildren(...places);
    },

    /**
     * @param {number} index
     * @param {Blob} picture
     */
    async hang(index, picture) {
      places[index].src = URL.createObjectURL(picture);
      await places[index].decode();
    },
  };
}

/**
 * Scrolls the page by itself, down and up again, and counts the frames that did not come in time.
 *
 * @param {number} duration ms
 * @returns {Promise<{ frames: number, dropped: number }>}
 */
export function scroll(duration) {
  const height = document.documentElement.scrollHeight - innerHeight;
  return new Promise((resolve) => {
    let [frames, dropped, begin, last] = [0, 0, 0, 0];
    const step = (/** @type {number} */ now) => {
      if (frames > 0) dropped += Math.max(0, Math.round((now - last) / frame) - 1);
      else begin = now;
      frames += 1;
      last = now;
      const way = (frames * speed) % (2 * height);
      scrollTo(0, way < height ? way : 2 * height - way);
      if (now - begin < duration) requestAnimationFrame(step);
      else resolve({ frames, dropped });
    };
    requestAnimationFrame(step);
  });
}
