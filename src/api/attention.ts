/** Where the networks of a run attend: observed at some images, measured, and drawn. */

import { basename } from 'node:path';
import type { Runtime } from '../engine/index.ts';
import {
  type AttentionPin,
  type AttentionScene,
  type AttentionSummary,
  attentionFigure,
  attentionPage,
  attentionPng,
  attentionSvg,
  finestBlock,
  type Grid,
  type Query,
  sceneRows,
  summarizeAttention,
} from '../inspect/index.ts';
import {
  type AttentionChange,
  AttentionObserver,
  type AttentionSubject,
  chosenBlocks,
  defaultWindowPixels,
  type NetworkName,
  type ObservedAttention,
} from './attention-network.ts';
import { type SubjectOptions, subjectsOf } from './attention-subjects.ts';
import type { TrainedRun } from './trained-run.ts';

/** Keys of each query that a report names. */
const reportedKeys = 5;

export interface AttentionOptions extends SubjectOptions {
  /** The averaged generator (the default), or the discriminator. */
  readonly network?: NetworkName | undefined;
  /** What to ask about; default: three telling pixels of each image. */
  readonly pins?: readonly AttentionPin[] | undefined;
  /** Name of the block to show, or `all`; default: the one with the most positions. */
  readonly block?: string | undefined;
  readonly change?: AttentionChange | undefined;
}

/** One image as a network attends at it. */
export interface StudiedImage {
  /** Undefined without classes. */
  readonly className: string | undefined;
  readonly learned: ObservedAttention;
  /** Undefined unless attention was changed. */
  readonly changed: ObservedAttention | undefined;
}

/** What was observed: all that a figure and a report need. */
export interface AttentionStudy {
  readonly run: string;
  readonly step: number;
  readonly network: NetworkName;
  readonly change: AttentionChange | undefined;
  readonly kind: AttentionSubject['kind'];
  readonly channels: number;
  readonly resolution: number;
  readonly images: readonly StudiedImage[];
  /** Names of the blocks that are shown; undefined for all. */
  readonly blocks: readonly string[] | undefined;
  readonly pins: readonly AttentionPin[] | undefined;
}

/**
 * Observes a network of a run at generated images, or the discriminator at an image of the dataset.
 *
 * Throws UserError for a class, a block or an image that there is not, a count that is none, pixels beside the image, and a
 * network without attention.
 */
export async function studyAttention(
  runtime: Runtime,
  trained: TrainedRun,
  options: AttentionOptions = {},
): Promise<AttentionStudy> {
  const { network = 'G', pins, change } = options;
  const { run, model } = trained;
  const observer = new AttentionObserver(runtime, trained);
  const images: StudiedImage[] = [];
  const subjects = await subjectsOf(runtime, trained, options);
  for (const { subject, className } of subjects) {
    images.push({ className, ...(await observeTwice(observer, run.path, network, subject, change)) });
  }
  const found = images[0]?.learned.blocks ?? [];
  const { block = finestBlock(found)?.name } = options;
  return {
    run: run.path,
    step: trained.checkpoint.step,
    network,
    change: isChange(change) ? change : undefined,
    kind: subjects[0]?.subject.kind ?? 'generated',
    channels: model.images.channels,
    resolution: model.images.resolution,
    images,
    blocks:
      block === 'all' || block === undefined
        ? undefined
        : chosenBlocks(run.path, network, found, [block]).map(({ name }) => name),
    pins,
  };
}

/** As learned, and, if there is a change, changed. Throws UserError where the network has no attention, or not those blocks. */
export async function observeTwice(
  observer: AttentionObserver,
  path: string,
  network: NetworkName,
  subject: AttentionSubject,
  change: AttentionChange | undefined,
): Promise<Pick<StudiedImage, 'learned' | 'changed'>> {
  const learned = await observer.observe(network, subject);
  chosenBlocks(path, network, learned.blocks, change?.blocks);
  return { learned, changed: isChange(change) ? await observer.observe(network, subject, change) : undefined };
}

function isChange(change: AttentionChange | undefined): change is AttentionChange {
  return change?.gamma !== undefined || change?.map !== undefined;
}

/** The study as what figures and pages are drawn from. */
function sceneOf(study: AttentionStudy): AttentionScene {
  const { run, step, network, change, images, pins, channels, resolution } = study;
  const shown = images.map(({ learned, changed = learned }) => changed);
  const ofNetwork = network === 'G' ? '' : "'s discriminator";
  return {
    title: `Where ${basename(run)}${ofNetwork} looks at step ${step}`,
    kind: study.kind === 'generated' ? 'generated' : 'of the dataset',
    labels: images.map(({ className = '', learned, changed }) =>
      [className, logitOf(learned, changed)].filter(Boolean).join(', '),
    ),
    images: joined(shown),
    asLearned: change && network === 'G' ? joined(images.map(({ learned }) => learned)) : undefined,
    change: change && inWords(change),
    channels,
    resolution,
    blocks: shown.map(({ blocks }) => blocks.filter(({ name }) => study.blocks?.includes(name) ?? true)),
    pins: pins && [pins],
  };
}

function logitOf(learned: ObservedAttention, changed: ObservedAttention | undefined): string {
  if (learned.logit === undefined) return '';
  const becomes = changed?.logit === undefined ? '' : ` → ${changed.logit.toFixed(2)}`;
  return `D(x) ${learned.logit.toFixed(2)}${becomes}`.replaceAll('-', '−');
}

function joined(observed: readonly ObservedAttention[]): Uint8Array {
  return new Uint8Array(observed.flatMap(({ image }) => [...image]));
}

function inWords({ gamma, map, windowPixels = defaultWindowPixels, blocks }: AttentionChange): string {
  const parts = [
    ...(gamma === undefined ? [] : [`γ = ${gamma}`]),
    ...(map === 'uniform' ? ['uniform attention'] : []),
    ...(map === 'window' ? [`attention within ${windowPixels} pixels`] : []),
  ];
  return `${parts.join(' and ')}${blocks === undefined ? '' : ` in ${blocks.join(', ')}`}`;
}

export const figureFormatNames = ['png', 'svg', 'html'] as const;
export type FigureFormat = (typeof figureFormatNames)[number];

/** The study as a picture, or as a page in one file. Throws UserError for pins beside the image. */
export async function drawAttention(study: AttentionStudy, format: FigureFormat): Promise<Uint8Array> {
  const scene = sceneOf(study);
  if (format === 'html') return Buffer.from(await attentionPage(scene));
  const figure = attentionFigure(scene);
  return format === 'png' ? attentionPng(figure) : Buffer.from(await attentionSvg(figure));
}

export interface BlockReport extends AttentionSummary {
  readonly name: string;
  /** As it was used; null for a block without one. */
  readonly gamma: number | null;
  readonly queryGrid: Grid;
  readonly keyGrid: Grid;
}

export interface ReadingReport extends Query {
  readonly block: string;
  readonly x: number;
  readonly y: number;
  readonly direction: 'looksAt' | 'lookedAtBy';
  readonly entropyBits: number;
  /** The cells with the most weight, heaviest first. */
  readonly top: readonly (Query & { readonly weight: number })[];
}

export interface AttentionReport {
  readonly step: number;
  readonly network: NetworkName;
  readonly change: AttentionChange | undefined;
  /** Of the blocks that are shown: means over the images. */
  readonly blocks: readonly BlockReport[];
  readonly images: readonly {
    readonly className: string | undefined;
    readonly logit: number | undefined;
    readonly changedLogit: number | undefined;
    readonly queries: readonly ReadingReport[];
  }[];
}

/** The numbers of a study, and what each pin sees. Throws UserError as `drawAttention` does. */
export function reportAttention(study: AttentionStudy): AttentionReport {
  const rows = sceneRows(sceneOf(study));
  const names = [...new Set(rows.map(({ block }) => block.name))];
  return {
    step: study.step,
    network: study.network,
    change: study.change,
    blocks: names.map((name) =>
      meanReport(rows.filter(({ block }) => block.name === name).map(({ block }) => reportBlock(block))),
    ),
    images: study.images.map(({ className, learned, changed }, n) => ({
      className,
      logit: learned.logit,
      changedLogit: changed?.logit,
      queries: rows
        .filter(({ image }) => image === n)
        .flatMap(({ block, readings }) =>
          readings.map(({ pin, cell, grid, weights, entropyBits }) => ({
            block: block.name,
            x: pin.x,
            y: pin.y,
            direction: pin.direction ?? 'looksAt',
            ...cell,
            entropyBits,
            top: topOf(weights, grid),
          })),
        ),
    })),
  };
}

export function reportBlock(block: AttentionScene['blocks'][number][number]): BlockReport {
  const { name, gamma = null, queryGrid, keyGrid } = block;
  return { name, gamma, queryGrid, keyGrid, ...summarizeAttention(block) };
}

/** The mean over reports of one block; all but its measurements is alike in them. */
export function meanReport<Report extends BlockReport>(reports: readonly Report[]): Report {
  const [first] = reports;
  if (first === undefined) throw new RangeError('meanReport: no reports');
  const mean = (of: (report: Report) => number) =>
    reports.reduce((sum, report) => sum + of(report), 0) / reports.length;
  return {
    ...first,
    meanEntropyBits: mean((report) => report.meanEntropyBits),
    meanLargestWeight: mean((report) => report.meanLargestWeight),
    meanDistance: mean((report) => report.meanDistance),
  };
}

/** The heaviest cells; of equals the first in reading order. */
export function topOf(weights: Float32Array, [, columns]: Grid): (Query & { weight: number })[] {
  return [...weights.keys()]
    .sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0))
    .slice(0, reportedKeys)
    .map((i) => ({ row: Math.floor(i / columns), column: i % columns, weight: weights[i] ?? 0 }));
}
