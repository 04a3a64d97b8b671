/**
 * The figure of a cost curve: milliseconds an image, and peak memory, of Sagan and of the tuned twin.
 *
 *     npm run bench -- batch-curve --json > batch-curve.json
 *     npx tsx bench/draw-curve.ts batch-curve.json docs/images/batch-curve.svg
 */

import { readFileSync } from 'node:fs';
import { drawCurves } from '../src/inspect/index.ts';
import { writeFileAtomic } from '../src/store/index.ts';
import { curveSchema } from './curve.ts';

const [result = '', figure = ''] = process.argv.slice(2);
const { along, points, threads } = curveSchema.parse(JSON.parse(readFileSync(result, 'utf8')));
const of = (name: string, value: (point: (typeof points)[number]) => number) => ({
  name,
  points: points.map((point) => ({ x: point.at, y: value(point) })),
});
const axis = { batch: 'images in a batch', resolution: 'pixels at a side of an image' };
const svg = drawCurves({
  title: `A step of SAGAN at a quarter of the width, on ${threads} threads`,
  xLabel: axis[along],
  panels: [
    {
      yLabel: 'milliseconds an image',
      series: [
        of('Sagan', (point) => point.sagan_ms_an_image),
        of('PyTorch, tuned', (point) => point.tuned_peer_ms_an_image),
      ],
    },
    {
      yLabel: 'peak memory, MiB',
      series: [of('Sagan', (point) => point.sagan_peak_mb), of('PyTorch, tuned', (point) => point.tuned_peer_peak_mb)],
    },
  ],
});
writeFileAtomic(figure, [Buffer.from(svg)]);
