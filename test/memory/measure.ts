/**
 * The memory of a process that trains, measured beside its estimate:
 *
 *     npx tsx test/memory/measure.ts '{"model": "sagan", "options": {}, "images": {"resolution": 32, "channels": 3, "classes": 10}, "batch": 16}'
 *
 * It must be a process of its own, because a process never forgets its peak.
 */

import { datasetFrom } from '../../src/data/index.ts';
import { openRuntime } from '../../src/engine/index.ts';
import { findModel, type PenaltyName, penalties } from '../../src/gan/index.ts';
import { costOfStep } from '../../src/inspect/index.ts';
import { Trainer } from '../../src/train/index.ts';
import { type ModelCase, stepOptions } from '../tables/models.ts';

/** A model at a size, and how it is trained. */
export interface Subject extends ModelCase {
  readonly model: string;
  readonly batch: number;
  readonly discriminatorSteps?: number;
  readonly accumulation?: number;
  readonly penalty?: PenaltyName;
}

export interface Measurement {
  /** The largest resident set so far, after a few steps. */
  readonly measuredBytes: number;
  readonly estimatedBytes: number;
}

const { model, options, images, penalty, ...changes }: Subject = JSON.parse(process.argv[2] ?? '');
const { channels, resolution, classes } = images;
const step = stepOptions(findModel(model).bind(options, images), {
  ...changes,
  penalties: penalty === undefined ? [] : [{ penalty: penalties[penalty], weight: 10 }],
});
const dataset = datasetFrom({
  name: 'grey',
  images: new Uint8Array(2 * channels * resolution ** 2).fill(128),
  channels: channels === 1 ? 1 : 3,
  resolution,
  labels: [0, Math.max(0, classes - 1)],
});
const runtime = await openRuntime({ threads: 2 });
const trainer = await Trainer.create({ ...step, dataset, seed: 1, runtime });
// Old states pile up for some steps before Node collects them.
for (let i = 0; i < 4; i++) await trainer.advance();
const measuredBytes = process.resourceUsage().maxRSS * 1024;
const measurement: Measurement = { measuredBytes, estimatedBytes: costOfStep(step).processBytes };
console.log(JSON.stringify(measurement));
