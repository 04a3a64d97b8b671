import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type ToySetOptions, toyExtractor, toySet } from '../../../test/metrics/toys.ts';
import { UserError } from '../../base/errors.ts';
import { openRuntime } from '../../engine/index.ts';
import { writeStatistics, writeStoredFeatures } from '../../weights/index.ts';
import { preprocess } from '../images/preprocess.ts';
import { findProtocol } from '../protocols/index.ts';
import { type EvaluationOptions, evaluateImages } from './evaluate-images.ts';
import { measure } from './measure.ts';
import { findMetrics } from './metrics.ts';
import { openReference } from './reference.ts';

const runtime = await openRuntime({ threads: 1 });
const folder = mkdtempSync(join(tmpdir(), 'sagan-evaluation-'));
after(() => rmSync(folder, { recursive: true }));

const classNames = ['bright', 'dark', 'never'];
const reference: ToySetOptions = { count: 90, seed: 1, classNames };
const evaluateToys = (metrics: string, more: Partial<EvaluationOptions> = {}) =>
  evaluateImages({
    runtime,
    extractor: toyExtractor(),
    protocol: findProtocol('torch-fidelity'),
    metrics: findMetrics(metrics.split(',')),
    images: toySet({ count: 60, brightness: 20, classNames }),
    reference: { images: toySet(reference) },
    software: 'sagan test',
    ...more,
  });
const values = (file: Awaited<ReturnType<typeof evaluateToys>>) =>
  Object.fromEntries(file.scores.map(({ passport, value }) => [passport.metric, value]));

/** The features of a set, worked out from its pixels. */
async function featuresOf(options: ToySetOptions): Promise<[number, number][]> {
  const features: [number, number][] = [];
  for await (const { pixels, count } of toySet(options).batches(7)) {
    for (let n = 0; n < count; n++) {
      const meanOf = (channel: number) => {
        const plane = pixels.subarray((3 * n + channel) * 16, (3 * n + channel + 1) * 16);
        return (2 * plane.reduce((sum, value) => sum + value, 0)) / 16 / 255 - 1;
      };
      features.push([meanOf(0), meanOf(1)]);
    }
  }
  return features;
}

/** In two dimensions tr √(AB) = √(tr AB + 2 √(det AB)). */
function frechetInThePlane(a: [number, number][], b: [number, number][]): number {
  const moments = (points: [number, number][]) => {
    const mean = (of: (point: [number, number]) => number) => points.reduce((sum, p) => sum + of(p), 0) / points.length;
    const [x, y] = [mean(([x]) => x), mean(([, y]) => y)];
    const unbiased = points.length / (points.length - 1);
    return {
      x,
      y,
      xx: mean((p) => (p[0] - x) ** 2) * unbiased,
      xy: mean((p) => (p[0] - x) * (p[1] - y)) * unbiased,
      yy: mean((p) => (p[1] - y) ** 2) * unbiased,
    };
  };
  const [p, q] = [moments(a), moments(b)];
  const traceOfProduct = p.xx * q.xx + 2 * p.xy * q.xy + p.yy * q.yy;
  const determinants = (p.xx * p.yy - p.xy ** 2) * (q.xx * q.yy - q.xy ** 2);
  const root = Math.sqrt(traceOfProduct + 2 * Math.sqrt(determinants));
  return (p.x - q.x) ** 2 + (p.y - q.y) ** 2 + p.xx + p.yy + q.xx + q.yy - 2 * root;
}

const near = (seen: number | undefined, expected: number, relative: number) =>
  assert.ok(Math.abs((seen ?? Number.NaN) - expected) <= relative * Math.abs(expected), `${seen} for ${expected}`);

test('FID is that of the features, whatever the size of the batches, and says all that it hangs on', async () => {
  const { scores } = await evaluateToys('fid');
  const [score] = scores;
  const ofImages = await featuresOf({ count: 60, brightness: 20, classNames });
  near(score?.value, frechetInThePlane(ofImages, await featuresOf(reference)), 1e-5);
  assert.deepEqual(
    { ...score?.passport, images: undefined, reference: undefined },
    {
      metric: 'fid-toy',
      protocol: 'torch-fidelity',
      features: {
        network: 'means of red and green',
        weightsSha256: '0'.repeat(64),
        resizer: 'pillow-bicubic',
        clip: true,
        normalization: 'symmetric',
      },
      parameters: { definition: 'torch-fidelity', ddof: 1 },
      images: undefined,
      reference: undefined,
      warnings: [],
      software: 'sagan test',
    },
  );
  const { images, reference: compared } = score?.passport ?? {};
  assert.deepEqual([images?.count, compared?.count], [60, 90]);
  assert.match(`${images?.sha256} ${compared?.sha256}`, /^[0-9a-f]{64} [0-9a-f]{64}$/);
  assert.notEqual(images?.sha256, compared?.sha256);
});

test("Inception's images are prepared as the protocol says, and its scores have their plain names", async () => {
  const seen: Float32Array[] = [];
  const { extract } = toyExtractor();
  const { normalization: _, ...inception } = toyExtractor({
    name: '',
    extract: (images, count) => {
      seen.push(images);
      return extract(images, count);
    },
  });
  for (const name of ['torch-fidelity', 'pytorch-fid', 'clean-fid', 'studiogan']) {
    const protocol = findProtocol(name);
    const images = toySet({ count: 6, side: 5 });
    const [score] = (
      await evaluateToys('is', {
        extractor: inception,
        protocol: { ...protocol, is: { ...protocol.is, splits: 1 } },
        images,
      })
    ).scores;
    assert.equal(score?.passport.metric, 'is');
    assert.deepEqual(score?.passport.features.resizer, protocol.preprocessing.resizer);
    for await (const batch of images.batches(6))
      assert.deepEqual(seen.at(-1), preprocess(batch, protocol.preprocessing, 4));
  }
  assert.equal(new Set(seen.map((images) => images.join())).size, 3, 'pytorch-fid and StudioGAN see the same');
});

test('scores that compare with nothing name no reference, and need none', async () => {
  const { scores, confusion } = await evaluateToys('is,class-accuracy', { reference: undefined, classWise: true });
  assert.ok(scores.every(({ passport }) => passport.reference === undefined));
  const asked = [20, 20, 20];
  assert.deepEqual(
    confusion?.map((row) => row.reduce((sum, n) => sum + n, 0)),
    asked,
  );
  const accuracy = scores.find(({ passport }) => passport.metric === 'class-accuracy-toy');
  assert.equal(accuracy?.value, ((confusion?.[0]?.[0] ?? 0) + (confusion?.[1]?.[1] ?? 0)) / 60);
  assert.deepEqual(accuracy?.perClass?.[2], 0);
  await assert.rejects(evaluateToys('fid', { reference: undefined }), /nothing to compare the images with.*--against/);
});

test('a set is at no distance from itself, and every part of it is covered', async () => {
  const same = { images: toySet(reference), reference: { images: toySet(reference) } };
  const seen = values(await evaluateToys('fid,precision-recall,prdc,intra-fid', same));
  assert.ok(Math.abs(seen['fid-toy'] ?? 1) < 1e-9 && Math.abs(seen['intra-fid-toy'] ?? 1) < 1e-9);
  for (const name of ['precision', 'recall', 'f-score', 'prdc-precision', 'prdc-recall', 'coverage']) {
    assert.equal(seen[`${name}-toy`], 1, name);
  }
});

test('intra-class FID is the mean of the FIDs of each class alone', async () => {
  const { scores } = await evaluateToys('intra-fid');
  const members = (features: [number, number][], label: number) => features.filter((_, n) => n % 3 === label);
  const ofImages = await featuresOf({ count: 60, brightness: 20, classNames });
  const ofReference = await featuresOf(reference);
  const expected = [0, 1, 2].map((label) => frechetInThePlane(members(ofImages, label), members(ofReference, label)));
  const [score] = scores;
  for (const [label, value] of expected.entries()) near(score?.perClass?.[label] ?? undefined, value, 1e-5);
  near(score?.value, expected.reduce((sum, value) => sum + value) / 3, 1e-5);
  assert.equal(score?.passport.parameters.fewestImagesOfClass, 20);
  await assert.rejects(
    evaluateToys('intra-fid', { reference: { images: toySet({ count: 9, classNames: ['a', 'b'] }) } }),
    /classes bright, dark, never, the reference a, b/,
  );
});

test('too few images for the dimension is a warning in the passport', async () => {
  const { scores } = await evaluateToys('fid', { images: toySet({ count: 2 }) });
  assert.match(scores[0]?.passport.warnings.join() ?? '', /^2 images for 2 dimensions: the covariance is singular/);
});

test('what cannot be had is refused before any image is read', async () => {
  const unread = { images: toySet({ count: 9, onRead: () => assert.fail('read') }) };
  const refused = (metrics: string, message: RegExp, more: Partial<EvaluationOptions> = {}) =>
    assert.rejects(
      evaluateToys(metrics, { ...unread, ...more }),
      (error) => error instanceof UserError && message.test(error.message),
    );
  await refused('ppl', /these images have no generator/);
  await refused('class-accuracy', /the images have 0 classes, the network 3/);
  await refused('is', /has no logits/, { extractor: toyExtractor({ classes: 0 }) });
  await refused('intra-fid', /the images have no classes/);
  assert.throws(() => findMetrics(['fdi']), /metric "fdi" does not exist.*Did you mean "fid"/);
});

test('a reference is measured once, and anew when its files, the network or the preparation change', async () => {
  const cacheFolder = join(folder, 'cache');
  let reads = 0;
  const cached = (fingerprint: string, seed = 1) => ({
    cacheFolder,
    reference: { images: toySet({ ...reference, seed, fingerprint, onRead: () => reads++ }) },
  });
  const first = await evaluateToys('fid', cached('a'));
  assert.deepEqual(await evaluateToys('fid', cached('a')), first);
  assert.equal(reads, 1);
  await evaluateToys('precision-recall', cached('a'));
  const both = await evaluateToys('fid,precision-recall,intra-fid', cached('a'));
  assert.equal(reads, 2, 'rows were measured for precision, moments still there');
  assert.equal(both.scores[0]?.value, first.scores[0]?.value);
  await evaluateToys('fid', { ...cached('a'), extractor: toyExtractor({ weightsSha256: '1'.repeat(64) }) });
  await evaluateToys('fid', { ...cached('a'), extractor: toyExtractor({ normalization: 'unit' }) });
  const changed = await evaluateToys('fid', cached('b', 2));
  assert.equal(reads, 5);
  assert.notEqual(changed.scores[0]?.value, first.scores[0]?.value);
  // Damaged files are measured anew.
  for (const name of readdirSync(cacheFolder)) if (!name.endsWith('.json')) writeFileSync(join(cacheFolder, name), 'x');
  assert.deepEqual(await evaluateToys('fid', cached('a')), first);
  assert.equal(reads, 6);
});

test('statistics of a file stand in for images, for FID alone, and the passport says what it does not know', async () => {
  const path = join(folder, 'statistics.npz');
  writeStatistics(path, { mu: Float64Array.of(0, 0), sigma: Float64Array.of(1, 0, 0, 1) });
  const { scores } = await evaluateToys('fid', { reference: { statistics: path } });
  assert.match(scores[0]?.passport.warnings.join() ?? '', /does not say how its images were resized, nor how many/);
  await assert.rejects(evaluateToys('kid', { reference: { statistics: path } }), /holds a mean and a covariance alone/);
  writeStatistics(path, { mu: Float64Array.of(0), sigma: Float64Array.of(1) });
  await assert.rejects(evaluateToys('fid', { reference: { statistics: path } }), /1 dimensions; expected 2/);
});

test('single features of a file stand in for images, for whatever compares images one by one', async () => {
  const path = join(folder, 'features_kid.npz');
  const features = Float32Array.from((await featuresOf(reference)).flat());
  writeStoredFeatures(path, { features, count: 90, dimensions: 2 });
  const metrics = 'fid,precision-recall,prdc';
  const stored = await openReference(path, {});
  assert.deepEqual(stored, { features: path });
  const [seen, expected] = [await evaluateToys(metrics, { reference: stored }), await evaluateToys(metrics)];
  for (const [i, { value, passport }] of seen.scores.entries()) {
    assert.ok(Math.abs(value - (expected.scores[i]?.value ?? Number.NaN)) < 1e-6, passport.metric);
    assert.equal(passport.reference?.count, 90);
    assert.match(passport.warnings.join(), /does not say how its images were resized, of which images/);
  }
  await assert.rejects(evaluateToys('intra-fid', { reference: stored }), /the reference none/);
});

test('images of many sizes reach the network in whole batches, in their order, with their labels', async () => {
  const counts: number[] = [];
  const { extract } = toyExtractor();
  const extractor = toyExtractor({
    extract: (images, count) => {
      counts.push(count);
      return extract(images, count);
    },
  });
  const seen: number[] = [];
  const sides = [4, 6, 8];
  const images = { ...toySet({ count: 70, classNames }), batches: mixed };
  async function* mixed() {
    for (let n = 0; n < 70; n++) {
      const side = sides[n % 3] ?? 4;
      const pixels = new Uint8Array(3 * side * side).fill(n);
      yield { pixels, count: 1, height: side, width: side, labels: Int32Array.of(n % 2) };
    }
  }
  const preprocessing = { resizer: 'pillow-bicubic', clip: true, normalization: 'unit' } as const;
  const measured = await measure({ runtime, extractor, preprocessing }, images, {
    needs: new Set(['rows']),
    see: ({ first, features, labels }) => {
      for (const [i, label] of labels.entries()) seen.push(Math.round(255 * (features[2 * i] ?? 0)), label, first + i);
    },
  });
  assert.deepEqual(counts, [32, 32, 6]);
  assert.deepEqual(seen, Array.from({ length: 70 }, (_, n) => [n, n % 2, n]).flat());
  assert.deepEqual(
    [...measured.labels],
    Array.from({ length: 70 }, (_, n) => n % 2),
  );
});

test('classes with fewer than two images on a side have no distance, and are left out of the mean', async () => {
  // Of five images of three classes the last class has one.
  const { scores } = await evaluateToys('intra-fid', { images: toySet({ count: 5, classNames }) });
  const [score] = scores;
  const [bright, dark, never] = score?.perClass ?? [];
  assert.equal(never, null);
  near(score?.value, ((bright ?? 0) + (dark ?? 0)) / 2, 1e-12);
  assert.match(
    score?.passport.warnings.join() ?? '',
    /classes with fewer than 2 images, left out of the mean: never\./,
  );
  assert.equal(score?.passport.parameters.fewestImagesOfClass, 2);
  await assert.rejects(
    evaluateToys('intra-fid', { images: toySet({ count: 3, classNames }) }),
    /no class has two images/,
  );
});
