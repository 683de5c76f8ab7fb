import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** What the application itself knows about a picture. */
export interface Entry {
  id: string;
  title: string;
  alt: string;
  /** The number of a picture that the demo itself has made. */
  sample?: number;
}

/** The gallery's list of pictures, newest first: a JSON file here, a table in an application of yours. */
export class Catalogue {
  constructor(private readonly path: string) {}

  /** No gallery was kept here before. */
  get isNew(): boolean {
    return !existsSync(this.path);
  }

  list(): Entry[] {
    return this.isNew ? [] : JSON.parse(readFileSync(this.path, 'utf8'));
  }

  get(id: string): Entry | undefined {
    return this.list().find((entry) => entry.id === id);
  }

  add(...entries: Entry[]): void {
    this.#write([...entries, ...this.list()]);
  }

  append(...entries: Entry[]): void {
    this.#write([...this.list(), ...entries]);
  }

  /** The number of the sample that is to be made next. */
  get nextSample(): number {
    return Math.max(-1, ...this.list().map(({ sample = -1 }) => sample)) + 1;
  }

  replace(entry: Entry): void {
    this.#write(this.list().map((old) => (old.id === entry.id ? entry : old)));
  }

  remove(id: string): void {
    this.#write(this.list().filter((entry) => entry.id !== id));
  }

  // By way of a second file, so that stopping the demo halfway leaves the old list whole.
  #write(entries: Entry[]): void {
    writeFileSync(`${this.path}.new`, JSON.stringify(entries, null, 2));
    renameSync(`${this.path}.new`, this.path);
  }
}
