/** FID from features of 2,048 dimensions, and its parts, beside numpy and scipy on the same features. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Random } from '../src/base/random.ts';
import { openRuntime, type Runtime } from '../src/engine/index.ts';
import { frechetDistance, memoryRows, momentsOf } from '../src/metrics/index.ts';
import { choleskyPivoted } from '../src/metrics/math/cholesky.ts';
import { eigenvaluesSymmetric } from '../src/metrics/math/eigenvalues.ts';
import { median } from './server.ts';

const dimensions = 2048;
const script = fileURLToPath(new URL('pytorch/frechet.py', import.meta.url));
const peerSchema = z.object({
  momentsSeconds: z.number(),
  distanceSeconds: z.number(),
  processorSeconds: z.number(),
  distance: z.number(),
  peakMb: z.number(),
});

/**
 * Medians of seconds over `rounds`, a round a side in turns, and of what the processors worked, which other programs
 * disturb less; `ratio` above 1: Sagan is that much faster.
 */
export async function benchFid(
  name: string,
  count: number,
  { rounds, threads }: { readonly rounds: number; readonly threads: number },
): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'sagan-bench-'));
  try {
    const sides = [drawFeatures(1, count), drawFeatures(2, count)] as const;
    const files = sides.map((side, i) => {
      const file = join(folder, `${i}.f32`);
      writeFileSync(file, side);
      return file;
    });
    const runtime = await openRuntime({ threads });
    const ours: Awaited<ReturnType<typeof once>>[] = [];
    const peers: z.infer<typeof peerSchema>[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(await once(runtime, sides));
      peers.push(oncePeer(files, threads));
    }
    const of = <T>(all: readonly T[], value: (one: T) => number) => median(all.map(value));
    const sagan = of(ours, (one) => one.momentsSeconds + one.distanceSeconds);
    const peer = of(peers, (one) => one.momentsSeconds + one.distanceSeconds);
    return {
      name,
      images_a_side: count,
      sagan_s: sagan,
      peer_s: peer,
      ratio: peer / sagan,
      sagan_processor_s: of(ours, (one) => one.processorSeconds),
      peer_processor_s: of(peers, (one) => one.processorSeconds),
      sagan_moments_s: of(ours, (one) => one.momentsSeconds),
      peer_moments_s: of(peers, (one) => one.momentsSeconds),
      sagan_distance_s: of(ours, (one) => one.distanceSeconds),
      peer_distance_s: of(peers, (one) => one.distanceSeconds),
      one_cholesky_s: of(ours, (one) => one.choleskySeconds),
      eigenvalues_s: of(ours, (one) => one.eigenvaluesSeconds),
      sagan_distance: ours[0]?.distance,
      peer_distance: peers[0]?.distance,
      sagan_peak_mb: process.resourceUsage().maxRSS / 1024,
      peer_peak_mb: of(peers, (one) => one.peakMb),
      threads,
      rounds,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Normal features whose deviations fall from 1 to 1/100, those of the second seed a tenth larger. */
function drawFeatures(seed: number, count: number): Float32Array {
  return new Random(seed, 'features')
    .normal(count * dimensions)
    .map((value, at) => value * 0.01 ** ((at % dimensions) / dimensions) * (1 + seed / 10));
}

async function once(runtime: Runtime, sides: readonly [Float32Array, Float32Array]) {
  const started = performance.now();
  const processor = process.cpuUsage();
  const a = await momentsOf(runtime, memoryRows(sides[0], dimensions));
  const b = await momentsOf(runtime, memoryRows(sides[1], dimensions));
  const measured = performance.now();
  const distance = await frechetDistance(runtime, a, b);
  const ended = performance.now();
  const { user, system } = process.cpuUsage(processor);
  choleskyPivoted(a.covariance, dimensions);
  const factored = performance.now();
  await eigenvaluesSymmetric(runtime, a.covariance, dimensions);
  return {
    momentsSeconds: (measured - started) / 1000,
    distanceSeconds: (ended - measured) / 1000,
    processorSeconds: (user + system) / 1e6,
    choleskySeconds: (factored - ended) / 1000,
    eigenvaluesSeconds: (performance.now() - factored) / 1000,
    distance,
  };
}

function oncePeer(files: readonly string[], threads: number): z.infer<typeof peerSchema> {
  const run = spawnSync('/usr/bin/python3', [script, ...files, String(dimensions)], {
    encoding: 'utf8',
    env: { ...process.env, OPENBLAS_NUM_THREADS: String(threads) },
  });
  if (run.status !== 0) throw new Error(`the peer needs Debian's python3-scipy.\n${run.error?.message ?? run.stderr}`);
  return peerSchema.parse(JSON.parse(run.stdout));
}
