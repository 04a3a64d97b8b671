/** What pages ask of attention: which network of which run, at what image, changed how, and which pixels. */

import { z } from 'zod';
import { type AttentionStudy, observeTwice } from '../api/attention.ts';
import { AttentionObserver } from '../api/attention-network.ts';
import { datasetSubject, generatedSubject, type NamedSubject } from '../api/attention-subjects.ts';
import { latentDirections } from '../inspect/index.ts';
import { openSource } from './dataset-source.ts';
import { pointSchema } from './latent.ts';
import { placeSchema } from './place.ts';
import type { TaskContext } from './task.ts';

export const attentionRequest = z.strictObject({
  place: placeSchema,
  /** The averaged generator, or the discriminator. */
  network: z.enum(['G', 'D']).default('G'),
  subject: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('generated'), point: pointSchema }),
    /** An image of the run's dataset, held out ones among them, as the dataset's own tasks count; for the discriminator. */
    z.strictObject({ kind: z.literal('dataset'), index: z.int().min(0) }),
  ]),
  /** What attention does instead of what it has learned; see `AttentionChange`. */
  change: z
    .strictObject({
      gamma: z.number().min(-1e6).max(1e6).optional(),
      map: z.enum(['uniform', 'window']).optional(),
      windowPixels: z.number().min(0).max(1e6).optional(),
      blocks: z.array(z.string()).max(64).optional(),
    })
    .default({}),
  /** In pixels of the image. */
  pins: z
    .array(
      z.strictObject({
        x: z.number().min(0),
        y: z.number().min(0),
        direction: z.enum(['looksAt', 'lookedAtBy']).default('looksAt'),
      }),
    )
    .max(12)
    .default([]),
});

export type AttentionRequest = z.output<typeof attentionRequest>;

/**
 * The one image of a request, observed; kept, so that other pins compute nothing. A network is compiled once for each kind
 * of change. Throws UserError for a class, an image or a block that there is not, and a network without attention.
 */
export async function study(request: AttentionRequest, context: TaskContext): Promise<AttentionStudy> {
  const { place, network, subject, change, pins } = request;
  const { runtime, open, keep } = context;
  const trained = open(place);
  const { className, ...seen } = await keep(
    place,
    `attention at ${JSON.stringify([network, subject, change])}`,
    async () => {
      const named = await subjectOf(request, context);
      const observer = new AttentionObserver(runtime, trained, (key, make, release) => keep(place, key, make, release));
      const observed = await observeTwice(observer, trained.run.path, network, named.subject, change);
      return { className: named.className, ...observed };
    },
  );
  return {
    run: trained.run.path,
    step: trained.checkpoint.step,
    network,
    change: seen.changed && change,
    kind: subject.kind,
    channels: trained.model.images.channels,
    resolution: trained.model.images.resolution,
    images: [{ className, ...seen }],
    blocks: undefined,
    pins,
  };
}

async function subjectOf({ place, subject }: AttentionRequest, context: TaskContext): Promise<NamedSubject> {
  const { runtime, open, keep } = context;
  if (subject.kind === 'dataset') {
    const { dataset } = await openSource({ of: 'run', run: place.run, look: 0 }, context);
    return datasetSubject(dataset, subject.index);
  }
  const trained = open(place);
  const { latent, classes } = subject.point;
  const directions =
    latent.directions.length === 0
      ? []
      : await keep(place, 'attention, directions', async () => {
          const found = await latentDirections(runtime, trained.model, trained.checkpoint.state);
          return found.directions.map(({ vector }) => vector);
        });
  return generatedSubject(trained, latent, classes, directions);
}
