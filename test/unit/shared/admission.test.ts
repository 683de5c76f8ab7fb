import { describe, expect, test } from 'vitest';
import { createAdmission } from '../../../src/shared/admission.js';

/** Work that ends when it is told to. */
function startJobs(admission: ReturnType<typeof createAdmission>) {
  const running: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const start = (name: string, size: number) =>
    admission.admit(
      size,
      () =>
        new Promise<string>((resolve, reject) => {
          running.push(name);
          ends.set(name, (error) => {
            running.splice(running.indexOf(name), 1);
            if (error) reject(error);
            else resolve(name);
          });
        }),
    );
  const end = async (name: string, error?: Error) => {
    ends.get(name)?.(error);
    await new Promise(setImmediate);
  };
  return { running, start, end };
}

describe('admission', () => {
  test('starts work at once while there is room, in the same turn', () => {
    const { running, start } = startJobs(createAdmission({ bytes: 10, images: 10 }));
    void start('a', 5);
    void start('b', 5);
    void start('c', 1);
    expect(running).toEqual(['a', 'b']);
  });

  test('lets the waiting in as others leave, in order, also when those failed', async () => {
    const { running, start, end } = startJobs(createAdmission({ bytes: 10, images: 10 }));
    const first = start('a', 6);
    const jobs = [start('b', 6), start('c', 1), start('d', 3)];
    expect(running).toEqual(['a']); // c and d would fit, but not before b
    const failed = expect(first).rejects.toThrow('broken');
    await end('a', new Error('broken'));
    await failed;
    expect(running).toEqual(['b', 'c', 'd']);
    for (const name of ['b', 'c', 'd']) await end(name);
    expect(await Promise.all(jobs)).toEqual(['b', 'c', 'd']);
  });

  test('bounds the number of images as well', async () => {
    const { running, start, end } = startJobs(createAdmission({ bytes: 1_000, images: 2 }));
    for (const name of ['a', 'b', 'c']) void start(name, 1);
    expect(running).toEqual(['a', 'b']);
    await end('a');
    expect(running).toEqual(['b', 'c']);
  });

  test('an image above the limit goes in alone', async () => {
    const { running, start, end } = startJobs(createAdmission({ bytes: 10, images: 10 }));
    void start('huge', 100);
    void start('small', 1);
    expect(running).toEqual(['huge']);
    await end('huge');
    expect(running).toEqual(['small']);
  });

  test('tells how much is under way or waiting', async () => {
    const admission = createAdmission({ bytes: 10, images: 10 });
    const { start, end } = startJobs(admission);
    void start('a', 8);
    void start('b', 7);
    expect(admission.load()).toEqual({ images: 2, bytes: 15 });
    await end('a');
    await end('b');
    expect(admission.load()).toEqual({ images: 0, bytes: 0 });
  });

  test('work that throws before it returns a promise leaves no trace', async () => {
    const admission = createAdmission({ bytes: 10, images: 1 });
    const broken = () => {
      throw new Error('broken');
    };
    await expect(admission.admit(1, broken)).rejects.toThrow('broken');
    expect(admission.load()).toEqual({ images: 0, bytes: 0 });
  });
});
