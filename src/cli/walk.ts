import { extname } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { findClass, statedImages } from '../api/run-model.ts';
import type { TrainedRun } from '../api/trained-run.ts';
import { type WalkFormat, type WalkRequest, walkFormats, walkRun } from '../api/walk.ts';
import { UserError } from '../base/errors.ts';
import { type LatentPoint, parseClasses, parsePoint, type Traversal } from '../sample/index.ts';
import { writeFileAtomic } from '../store/index.ts';
import {
  addDeviceOptions,
  type CheckpointOption,
  checkpointOption,
  collect,
  type DeviceOptions,
  type JsonOption,
  jsonOption,
  wholeNumber,
  withExample,
} from './options.ts';

interface WalkCommandOptions extends DeviceOptions, JsonOption, CheckpointOption {
  readonly out: string;
  readonly point?: readonly string[];
  readonly seeds?: readonly number[];
  readonly classes?: string;
  readonly rows?: string;
  readonly directions?: readonly number[];
  readonly coordinates?: readonly number[];
  readonly reach?: number;
  readonly truncation?: number;
  readonly scale?: number;
  readonly columns?: number;
  readonly frames?: number;
  readonly loop?: boolean;
  readonly fps: number;
  readonly enlarge?: number;
}

/** `sagan walk` */
export function walkCommand(): Command {
  const command = new Command('walk')
    .summary('walk through the latents of a trained run')
    .description(
      'Draw what lies between latents: as a picture that moves, or as rows of pictures. The file decides: .webp and .gif ' +
        'play, .png shows a walk a row.',
    )
    .argument('<run>', 'folder of the run')
    .requiredOption('--out <file>', 'walk.webp, walk.gif or walk.png')
    .option('--seeds <s,…>', 'walk past the first latent of each seed (default: 0,1,2)', wholeNumbers)
    .option('--point <p>', 'or past points, repeated: SEED, SEED@X,Y, SEED@X,Y/d0=2.5/c3=-1', collect)
    .option('--classes <c,…>', 'walk past these classes, names or numbers; mixed: 3:0.5+7:0.5')
    .option('--rows <c,…>', 'a row for each of these classes (default: every class, or the first ten)')
    .option('--directions <n,…>', 'instead, a row for each direction found without labels (SeFa)', wholeNumbers)
    .option('--coordinates <n,…>', 'or for each of these coordinates of the latent', wholeNumbers)
    .option('--reach <r>', 'how far these go to either side (default: 3; of uniform latents 1)', positive)
    .option('--truncation <t>', 'draw coordinates beyond ±t again', positive)
    .option('--scale <s>', 'multiply latents by s', positive)
    .option('--columns <n>', 'walks beside each other, of the next latents of the seeds', wholeNumber(1))
    .option('--frames <n>', 'images of a walk (default: 60; of a .png 8 or 9)', wholeNumber(1))
    .option('--loop', 'come back to the beginning (default, but for a .png)')
    .option('--no-loop', 'end at the last point')
    .option('--fps <n>', 'images a second', positive, 20)
    .option('--enlarge <n>', 'pixels to one of an image (default: tiles of about 64 pixels)', wholeNumber(1))
    .addOption(checkpointOption())
    .addOption(jsonOption())
    .action(runWalk);
  return withExample(
    addDeviceOptions(command),
    'sagan walk runs/first --seeds 1,2,3 --out walk.webp',
    'sagan walk runs/first --seeds 4 --classes 3,8,5 --out morph.gif',
    'sagan walk runs/first --seeds 1,2 --out grid.png',
    'sagan walk runs/first --seeds 1 --classes 7 --directions 0,1,2 --out directions.png',
  );
}

async function runWalk(run: string, options: WalkCommandOptions): Promise<void> {
  const { out, json, fps, enlarge, device, threads, passes, checkpoint } = options;
  const format = formatOf(out);
  let request: WalkRequest | undefined;
  const walked = await walkRun(
    run,
    (trained) => {
      request = requestOf(trained, options, format);
      return request;
    },
    { format, framesPerSecond: fps, enlarge, device, threads, passes, checkpoint },
  );
  const { bytes, refused, ...report } = walked;
  for (const { folder, reason } of refused) {
    console.error(`note: checkpoint ${folder} was refused (${reason}); the one before it is used.`);
  }
  writeFileAtomic(out, bytes);
  if (json) console.log(JSON.stringify({ run, out, format, ...request, ...report, sizeBytes: bytes.length }));
  else console.log(`${out}: ${report.images} images of step ${report.step}`);
}

function requestOf(trained: TrainedRun, options: WalkCommandOptions, format: WalkFormat): WalkRequest {
  const { seeds, point, truncation, scale, columns } = options;
  const { classNames } = statedImages(trained.config);
  const find = (name: string) => findClass(trained.run.path, classNames, name);
  const classesOf = (text: string | undefined) => text?.split(',').map((part) => parseClasses(part, find));
  const { reach = trained.model.latents === 'uniform' ? 1 : 3, directions = [], coordinates = [] } = options;
  const traversals = [
    ...directions.map((number): Traversal => ({ what: 'direction', number, reach })),
    ...coordinates.map((number): Traversal => ({ what: 'coordinate', number, reach })),
  ];
  // An odd number, so that the middle is shown.
  const unasked = format !== 'png' ? 60 : traversals.length > 0 ? 9 : 8;
  const written = point?.map(parsePoint) ?? [];
  const ofSeeds = (seeds ?? (written.length === 0 ? [0, 1, 2] : [])).map((seed): LatentPoint => ({ seed }));
  return {
    points: [...ofSeeds, ...written].map((one) => ({
      ...one,
      ...(truncation !== undefined && { truncation }),
      ...(scale !== undefined && { scale }),
    })),
    classes: classesOf(options.classes),
    rows: classesOf(options.rows),
    traversals,
    columns,
    frames: options.frames ?? unasked,
    loop: options.loop ?? format !== 'png',
  };
}

function formatOf(out: string): WalkFormat {
  const found = walkFormats.find((format) => extname(out).toLowerCase() === `.${format}`);
  if (found !== undefined) return found;
  throw new UserError(`--out is ${out}; expected a file that ends in .webp, .gif or .png. Rename it.`);
}

function positive(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Expected a number above 0.');
}

/** Reads `1,2,3`. */
function wholeNumbers(text: string): number[] {
  return text.split(',').map((part) => wholeNumber(0)(part.trim()));
}
