/** A film of a run's sample sheets: how the same latents became images. */

import { readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import sharp from 'sharp';
import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { surface } from '../../picture/colours.ts';
import type { Run } from '../../store/index.ts';
import { task } from '../task.ts';

/** All frames are held in memory while the film is written. */
const mostFrames = 400;
const mostFilmPixels = 1.5e8;

export const timelineTask = task({
  request: z.strictObject({
    run: z.string().min(1),
    /** The sheets to show, in this order. */
    steps: z.array(z.int().min(0)).min(1).max(mostFrames),
    framesPerSecond: z.number().min(0.5).max(60).default(8),
    /** By default that of the sheets. */
    widthPixels: z.int().min(16).max(4096).optional(),
  }),
  async run({ run: name, steps, framesPerSecond, widthPixels }, { run, progress, file }) {
    const found = run(name);
    const frames: Buffer[] = [];
    let size: { readonly width: number; readonly height: number } | undefined;
    for (const [index, step] of steps.entries()) {
      await progress(index, steps.length, 'reading the sheets');
      const sheet = sharp(readSheet(found, step));
      if (size === undefined) {
        const { width, height } = await sheet.metadata();
        const shown = widthPixels ?? width;
        size = { width: shown, height: Math.round((height * shown) / width) };
        const pixels = size.width * size.height * steps.length;
        if (pixels > mostFilmPixels) {
          throw new UserError(
            `timeline: ${steps.length} sheets of ${size.width} × ${size.height} pixels are ${Math.round(pixels / 1e6)} ` +
              `megapixels; expected ${mostFilmPixels / 1e6} at the most. Ask for fewer sheets, or for less width.`,
          );
        }
      }
      frames.push(
        await sheet
          .resize({ ...size, fit: 'contain', background: surface.paper })
          .png({ compressionLevel: 1 })
          .toBuffer(),
      );
    }
    await progress(steps.length, steps.length, 'writing the film');
    const film = sharp(frames, { join: { animated: true } });
    const delay = frames.map(() => Math.round(1000 / framesPerSecond));
    const bytes = await film.webp({ lossless: true, effort: 2, loop: 0, delay }).toBuffer();
    return {
      file: file({ name: `${name}-timeline.webp`, type: 'image/webp', bytes }),
      frames: frames.length,
      ...size,
    };
  },
});

function readSheet({ path: folder, samplesPath }: Run, step: number): Buffer {
  const path = join(samplesPath, `step-${String(step).padStart(6, '0')}.png`);
  try {
    // A link could lead to where nobody meant to let anybody look.
    if (!realpathSync(path).startsWith(realpathSync(folder) + sep)) throw new Error('it leads out of the run’s folder');
    return readFileSync(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`${path}: no sheet can be read there (${reason}). Choose steps that have one.`);
  }
}
