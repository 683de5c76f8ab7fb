import { setStage } from '../browser/stage.mjs';
import { line } from '../report/line.mjs';
import { rounds } from './bench.mjs';
import { galleries } from './visits.mjs';

const kibibyte = 1024;

/** What a gallery cannot take less than, whoever loads it: its Blobs alone, of its pictures' size and of no bytes. */
export async function blobs(/** @type {import('./bench.mjs').Bench} */ bench) {
  bench.progress('Blobs and nothing else');
  const stage = await setStage(bench.place, ['sealed'], { count: 1, size: kibibyte });
  const kinds = galleries.flatMap(({ count, size }) => [
    { count, size },
    { count, size: 0 },
  ]);
  const took = await rounds(bench, kinds, async (kind) => {
    const profile = stage.freshProfile();
    const time = await stage.withPage(profile, { kind: 'sealed' }, (page) =>
      page.evaluate((asked) => globalThis.gallery.makeBlobs(asked), kind),
    );
    await stage.removeProfile(profile);
    return time;
  });
  await stage.end();
  return kinds.map((kind) =>
    line({
      group: 'floor',
      name: `Blobs and nothing else, ${kind.count} x ${kind.size / kibibyte} KB`,
      unit: 'ms',
      ours: took.get(kind) ?? [],
    }),
  );
}
