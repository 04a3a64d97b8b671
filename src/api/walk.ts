/** Walks through the latent space of a trained run: moving pictures, rows of pictures, traversals. */

import { basename } from 'node:path';
import { UserError } from '../base/errors.ts';
import { type NodeDevice, openRuntime, type PassSelection } from '../engine/index.ts';
import type { BoundModel } from '../gan/index.ts';
import { latentDirections } from '../inspect/index.ts';
import { animate, animationFormats } from '../picture/animation.ts';
import {
  type ClassWeights,
  formatPoint,
  Generator,
  type GeneratorOptions,
  generateAll,
  type ImageSource,
  type LatentPoint,
  sampleSheet,
  type Traversal,
  traversalValues,
  traverse,
  type WalkTiming,
  walk,
} from '../sample/index.ts';
import { statedImages } from './run-model.ts';
import { type OpenTrainedOptions, openTrainedRun, type TrainedRun } from './trained-run.ts';

/** More rows than this are hard to look at; `rows` asks for them. */
const mostRowsUnasked = 10;
const mostImages = 4096;

/** What is walked: rows of walks with something in common, `columns` of each beside one another. */
export interface WalkRequest extends WalkTiming {
  /** Passed one after the other; one stands still. */
  readonly points: readonly LatentPoint[];
  /** Passed at the same times, in every row; of a traversal the first counts, by default class 0. Not with `rows`. */
  readonly classes?: readonly ClassWeights[] | undefined;
  /** A row each, which stays the row's class. Default, without `classes`: every class, or the first ten. */
  readonly rows?: readonly ClassWeights[] | undefined;
  /** A row each: not a walk from point to point, but this one number of the first point moves. */
  readonly traversals?: readonly Traversal[] | undefined;
  /** Walks in a row: the points of each lie one further right in their lattice. Default 1. */
  readonly columns?: number | undefined;
}

export interface WalkRow {
  /** What tells the row from others; '' where there is one. */
  readonly label: string;
  /** [columns][frames] */
  readonly walks: readonly (readonly ImageSource[])[];
}

/**
 * The images of a request, before they are made. `directions` are those that the request may name.
 *
 * Throws UserError for a request of no points, of more images than 4096, with rows of two kinds, or that names what there
 * is not.
 */
export function planWalk(
  request: WalkRequest,
  model: BoundModel,
  classNames: readonly string[],
  directions: readonly Float32Array[] = [],
): WalkRow[] {
  const { points, traversals = [], columns = 1, frames } = request;
  const [first] = points;
  if (first === undefined) throw new UserError('walk: there are no points; expected one or more, such as --point 7.');
  const { classes } = request;
  if (request.rows !== undefined && (traversals.length > 0 || classes !== undefined)) {
    const other = traversals.length > 0 ? 'rows of traversals' : 'classes for every row';
    throw new UserError(`walk: rows of classes and ${other} are asked for; expected one of these. Leave one out.`);
  }
  const rowClasses =
    request.rows ?? (classes === undefined ? classNames.slice(0, mostRowsUnasked).map((_, i) => i) : []);
  const count = (traversals.length || rowClasses.length || 1) * columns * frames;
  if (!(count >= 1 && count <= mostImages)) {
    throw new UserError(
      `walk: ${count} images are asked for, ${frames} at each place; expected 1 to ${mostImages}. Ask for fewer frames, rows ` +
        'or columns.',
    );
  }
  const setting = { space: model, numClasses: model.images.classes, directions };
  const besides = (draw: (shift: number) => ImageSource[]) => Array.from({ length: columns }, (_, i) => draw(i));
  const moved = (point: LatentPoint, shift: number) => ({ ...point, x: (point.x ?? 0) + shift });
  if (traversals.length > 0) {
    return traversals.map((traversal) => ({
      label: `${traversal.what} ${traversal.number}`,
      walks: besides((shift) => traverse(moved(first, shift), classes?.[0] ?? 0, traversal, request, setting)),
    }));
  }
  const rows = rowClasses.length === 0 ? [classes ?? [0]] : rowClasses.map((of) => [of]);
  return rows.map((ofRow) => ({
    label: rows.length === 1 ? '' : className(ofRow[0] ?? 0, classNames),
    walks: besides((shift) =>
      walk({ points: points.map((point) => moved(point, shift)), classes: ofRow }, request, setting),
    ),
  }));
}

/** `dog`, or `50 % dog, 50 % cat`. */
export function className(classes: ClassWeights, classNames: readonly string[]): string {
  if (typeof classes === 'number') return classNames[classes] ?? '';
  const total = classes.reduce((sum, { weight }) => sum + weight, 0);
  const share = (weight: number) => `${Math.round((100 * weight) / total)} %`;
  return classes.map((part) => `${share(part.weight)} ${classNames[part.class] ?? part.class}`).join(', ');
}

export const walkFormats = ['png', ...animationFormats] as const;
export type WalkFormat = (typeof walkFormats)[number];

export interface WalkPicture {
  /** `png`: a sheet with a row a walk, labelled. Else a file that plays. */
  readonly format: WalkFormat;
  /** Of a file that plays. */
  readonly framesPerSecond: number;
  /** Pixels of the picture to one pixel of an image; default: tiles come out about 64 pixels wide. */
  readonly enlarge?: number | undefined;
}

/**
 * Makes the images of a plan and draws them. The generator must have been opened for weights of classes.
 *
 * Throws UserError as `generateAll`, `sampleSheet` and `animate` do.
 */
export async function drawWalk(
  { run, config, checkpoint }: Pick<TrainedRun, 'run' | 'config' | 'checkpoint'>,
  generator: Generator,
  request: WalkRequest,
  rows: readonly WalkRow[],
  { format, framesPerSecond, enlarge }: WalkPicture,
  progress?: (done: number, total: number) => Promise<void>,
): Promise<Buffer> {
  const { channels, resolution } = generator.model.images;
  const { frames, columns = 1 } = request;
  const walks = rows.flatMap((row) => row.walks);
  if (format === 'png') {
    const labels = rows.flatMap(({ label, walks: beside }) => beside.map((_, i) => (i === 0 ? label : '')));
    const columnLabels = valuesAbove(request);
    return sampleSheet({
      images: await generateAll(generator, walks.flat(), progress),
      channels,
      resolution,
      columns: frames,
      ...(enlarge !== undefined && { scale: enlarge }),
      ...(labels.some((label) => label !== '') && { rowLabels: labels }),
      ...(columnLabels && { columnLabels }),
      caption: [basename(run.path), `step ${checkpoint.step}`, ...said(request, statedImages(config).classNames)].join(
        ', ',
      ),
    });
  }
  const inTime = Array.from({ length: frames }, (_, frame) => walks.flatMap((images) => images[frame] ?? []));
  const images = await generateAll(generator, inTime.flat(), progress);
  const scale = enlarge ?? Math.max(1, Math.round(64 / resolution));
  const tiled = { images, channels, resolution, rows: rows.length, columns, scale, gap: 2 };
  return animate(tiled, format, framesPerSecond);
}

/** What all rows of a sheet have in common: points, and classes unless each has its own. */
function said({ points, classes, traversals = [] }: WalkRequest, classNames: readonly string[]): string[] {
  const all = (what: string, texts: readonly string[]) =>
    `${texts.length === 1 ? '' : 'from '}${what} ${texts.join(' to ')}`;
  const ofAll = traversals.length === 0 ? (classes ?? []) : [classes?.[0] ?? 0];
  const names = classNames.length === 0 ? [] : ofAll.map((of) => className(of, classNames));
  const places = traversals.length === 0 ? points : points.slice(0, 1);
  return [all('point', places.map(formatPoint)), ...(names.length === 0 ? [] : [all('class', names)])];
}

/** What stands above the columns of a sheet: the values of traversals that go equally far. */
function valuesAbove({ traversals = [], ...timing }: WalkRequest): string[] | undefined {
  const [first, ...others] = traversals;
  if (first === undefined || others.some(({ reach }) => reach !== first.reach)) return undefined;
  return traversalValues(first.reach, timing).map((value) => String(Number(value.toFixed(2))));
}

export interface WalkOptions extends OpenTrainedOptions, WalkPicture {
  readonly device?: NodeDevice | undefined;
  readonly threads?: number | undefined;
  /** Rewrites of the generator: `all`, `none`, or some by name; default: those of the run. */
  readonly passes?: PassSelection | undefined;
}

/**
 * How a generator is opened for walks: batches of one for an image or a few, since somebody may drag them about, and of 16
 * for more. Only these two, so that a command makes the very bytes that it was copied from.
 */
export function mixing(images: number): GeneratorOptions {
  return { batch: images < 4 ? 1 : 16, labels: 'weights' };
}

export interface WalkedRun {
  readonly bytes: Buffer;
  readonly images: number;
  /** What tells the rows apart. */
  readonly rowLabels: readonly string[];
  readonly step: number;
  /** Folder of the checkpoint that was used. */
  readonly checkpoint: string;
  /** Checkpoints that could not be used in its place, and why. */
  readonly refused: TrainedRun['refused'];
}

/**
 * Walks through the latent space of a run with its averaged generator. `requestOf` makes the request when the run is known:
 * its model, and the names of its classes.
 *
 * Throws UserError where the folder holds no trained run, and as `planWalk` and `drawWalk` do.
 */
export async function walkRun(
  path: string,
  requestOf: (trained: TrainedRun) => WalkRequest,
  options: WalkOptions,
): Promise<WalkedRun> {
  const trained = openTrainedRun(path, options);
  const { config, model, checkpoint, refused } = trained;
  const { device, threads, passes = config.passes } = options;
  const request = requestOf(trained);
  const runtime = await openRuntime({ ...(device && { device }), ...(threads && { threads }), passes });
  const directions = namesDirections(request)
    ? (await latentDirections(runtime, model, checkpoint.state)).directions.map(({ vector }) => vector)
    : [];
  const rows = planWalk(request, model, statedImages(config).classNames, directions);
  const images = rows.length * (request.columns ?? 1) * request.frames;
  const generator = await Generator.open(runtime, model, checkpoint.state, mixing(images));
  const bytes = await drawWalk(trained, generator, request, rows, options);
  return {
    bytes,
    images,
    rowLabels: rows.map(({ label }) => label),
    step: checkpoint.step,
    checkpoint: checkpoint.folder,
    refused,
  };
}

/** Whether a request needs directions to be found first. */
export function namesDirections({ points, traversals = [] }: Pick<WalkRequest, 'points' | 'traversals'>): boolean {
  return (
    points.some(({ directions = [] }) => directions.length > 0) || traversals.some(({ what }) => what === 'direction')
  );
}
