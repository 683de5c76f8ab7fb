/** The line between this page and its servers, which can be cut and tampered with. */
export class Network {
  #isDown = false;
  #flips = 0;

  get isDown(): boolean {
    return this.#isDown;
  }

  cut(isDown: boolean): void {
    this.#isDown = isDown;
  }

  /** Has the next answer with an encrypted picture arrive with its last bit flipped. */
  flipABit(): void {
    this.#flips += 1;
  }

  /** For the gallery's own API. */
  readonly fetch: typeof fetch = async (input, init) => {
    if (this.#isDown) throw new TypeError('The network is gone.');
    return fetch(input, init);
  };

  /** For encrypted pictures. */
  readonly fetchImages: typeof fetch = async (input, init) => {
    const answer = await this.fetch(input, init);
    if (this.#flips === 0) return answer;
    this.#flips -= 1;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const last = bytes.length - 1;
    bytes[last] = (bytes[last] ?? 0) ^ 1;
    return new Response(bytes, answer);
  };
}

export const network = new Network();
