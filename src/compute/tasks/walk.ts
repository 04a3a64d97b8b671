/** Walks, grids of classes and latents, traversals: to be looked at, or to be downloaded. */

import { z } from 'zod';
import { statedImages } from '../../api/run-model.ts';
import { drawWalk, namesDirections, planWalk, walkFormats } from '../../api/walk.ts';
import { walkCommand } from '../../api/walk-command.ts';
import { generateAll, traversalValues } from '../../sample/index.ts';
import { directionsFor, openMixer, pictureOf } from '../explorer.ts';
import { walkSchema } from '../latent.ts';
import { placeSchema } from '../place.ts';
import { task } from '../task.ts';

const types = { png: 'image/png', webp: 'image/webp', gif: 'image/gif' } as const;

export const walkTask = task({
  request: z.strictObject({
    place: placeSchema,
    walk: walkSchema,
    /** `tiles`: a PNG for the page, a row a walk, edge to edge, a pixel a pixel. Else a file, as `sagan walk` makes it. */
    as: z.enum(['tiles', ...walkFormats]).default('tiles'),
    framesPerSecond: z.number().min(0.1).max(100).default(20),
    /** Of a file. */
    enlarge: z.int().min(1).max(64).optional(),
  }),
  async run({ place, walk, as, framesPerSecond, enlarge }, context) {
    const trained = context.open(place);
    const { model, config, run, checkpoint } = trained;
    const directions = await directionsFor(place, context, namesDirections(walk));
    const rows = planWalk(walk, model, statedImages(config).classNames, directions);
    const sources = rows.flatMap(({ walks }) => walks.flat());
    const generator = await openMixer(place, context, sources.length);
    const progress = (done: number, total: number) => context.progress(done, total, 'Making images');
    const format = as === 'tiles' ? 'png' : as;
    const name = `${walk.traversals.length > 0 ? 'traversal' : 'walk'}.${format}`;
    const plays = format !== 'png';
    const [first] = walk.traversals;
    return {
      step: checkpoint.step,
      /** What tells the rows apart; each has `columns` walks. */
      rows: rows.map(({ label }) => label),
      /** Of traversals: what stands above the images of a row. */
      values: first === undefined ? undefined : traversalValues(first.reach, walk),
      tiles:
        as === 'tiles'
          ? await pictureOf(await generateAll(generator, sources, progress), model.images, walk.frames)
          : undefined,
      file:
        as === 'tiles'
          ? undefined
          : context.file({
              name,
              type: types[as],
              bytes: await drawWalk(trained, generator, walk, rows, { format: as, framesPerSecond, enlarge }, progress),
            }),
      command: walkCommand(run.path, walk, {
        checkpoint: checkpoint.step,
        out: name,
        ...(plays && { framesPerSecond }),
        enlarge,
      }),
    };
  },
});
