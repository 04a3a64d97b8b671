/** A profile in words and tables, no wider than 100 columns. */

import pc from 'picocolors';
import type { Profile, ProgramProfile } from '../api/profile.ts';
import { byModule, byOp, moduleOf, type Work } from '../inspect/index.ts';
import { formatBytes, formatCount, formatScaled, formatTable } from './figures.ts';

export interface ProfileTextOptions {
  /** Names of a scope that the table of modules goes down to. */
  readonly depth: number;
  /** Whether small rows and every site of a pass are shown. */
  readonly verbose: boolean;
}

/** Rows below this share of a step are left out, unless all are asked for. */
const smallShare = 0.01;
const mostPlaces = 10;

export function profileText(profile: Profile, options: ProfileTextOptions): string {
  return [
    headline(profile),
    modulesText(profile, options),
    opsText(profile, options),
    placesText(profile),
    ...profile.programs.map((program) => memoryText(program, options)),
    passesText(profile, options),
    ...(options.verbose ? [] : ['What takes less than 1 % is left out of these tables; --verbose shows it.']),
  ].join('\n\n');
}

function headline(profile: Profile): string {
  const { preset, batch, generatorBatch, images, steps, stepSeconds, secondsByStep, recordedSeconds, programSeconds } =
    profile;
  const { kernelSeconds, outsideSeconds, writtenFlops, flops, processBytes } = profile;
  const range = `${milliseconds(Math.min(...secondsByStep))} … ${milliseconds(Math.max(...secondsByStep))}`;
  const rate = (count: number) => `${formatScaled(count)}FLOP, ${formatScaled(count / stepSeconds)}FLOP/s`;
  const batches = generatorBatch === batch ? batch : `${batch}, ${generatorBatch} for the generator`;
  return [
    `${pc.bold(preset)}: training steps with batches of ${batches}, ${images}`,
    `  a step            ${milliseconds(stepSeconds)}, the median of ${steps}: ${range}`,
    `  work, as written  ${rate(writtenFlops)}`,
    `  work, as run      ${rate(flops)}`,
    `  memory            ${formatBytes(processBytes)}, the peak of the process`,
    `  while recorded    ${milliseconds(recordedSeconds)}: ${milliseconds(kernelSeconds)} in kernels, ` +
      `${milliseconds(programSeconds - kernelSeconds)} between them, ${milliseconds(outsideSeconds)} outside`,
    '',
    '  Outside are images, noise, copies and the numbers of the report. Recording costs time of its own;',
    '  the tables are of recorded steps, a mean.',
  ].join('\n');
}

function modulesText({ places, unmapped, kernelSeconds }: Profile, { depth, verbose }: ProfileTextOptions): string {
  const rows = byModule(places, depth)
    .filter(({ all }) => verbose || all.seconds >= smallShare * kernelSeconds)
    .map(({ path, all, forward, backward }) => {
      const names = path.split('.');
      return [
        `${'  '.repeat(names.length)}${names.at(-1)}`,
        ...timeCells(all, kernelSeconds),
        milliseconds(forward.seconds),
        milliseconds(backward.seconds),
        rate(all.flops, all),
      ];
    });
  const inserted = unmapped.map(({ op, ...work }) => [`  (of no op: ${op})`, ...timeCells(work, kernelSeconds)]);
  return [
    table('by module', ['share', 'time', 'forward', 'backward', 'GFLOP/s'], [...rows, ...inserted]),
    "  D0, D1 … are the discriminator's updates, Gstep is the generator's; G and D are the networks.",
  ].join('\n');
}

function opsText({ places, unmapped, kernelSeconds }: Profile, { verbose }: ProfileTextOptions): string {
  const isShown = ({ seconds }: Work) => verbose || seconds >= smallShare * kernelSeconds;
  const cells = (work: Work) => [
    ...timeCells(work, kernelSeconds),
    formatCount(Math.round(work.calls)),
    rate(work.flops, work),
    rate(work.bytes, work),
  ];
  const rows = byOp([...places, ...unmapped])
    .filter(isShown)
    .flatMap(({ op, kernels, ...work }) => {
      const parts = [...kernels].filter(([, part]) => isShown(part)).sort(([, a], [, b]) => b.seconds - a.seconds);
      const [only] = [...kernels.keys()];
      if (kernels.size === 1 && only !== undefined) return [[`  ${op} (${only})`, ...cells(work)]];
      return [[`  ${op}`, ...cells(work)], ...parts.map(([kernel, part]) => [`    ${kernel}`, ...cells(part)])];
    });
  return [
    table('by op, and what it became in ONNX', ['share', 'time', 'calls', 'GFLOP/s', 'GB/s'], rows),
    '  GFLOP/s tells how well products are computed, GB/s how well everything else moves memory.',
  ].join('\n');
}

function placesText({ places, kernelSeconds }: Profile): string {
  const rows = places
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, mostPlaces)
    .map(({ scope, op, ...work }) => [
      `  ${scope} ${op}`,
      ...timeCells(work, kernelSeconds),
      rate(work.flops, work),
      rate(work.bytes, work),
    ]);
  return table('what takes longest (grad: backward)', ['share', 'time', 'GFLOP/s', 'GB/s'], rows);
}

function memoryText(program: ProgramProfile, { depth, verbose }: ProfileTextOptions): string {
  const { name, plannedBytes, allocatedBytes, heldBytes, held } = program;
  const holders = new Map<string, number>();
  for (const { node, bytes } of held) {
    const { names, isBackward } = moduleOf(node.scope);
    const holder = `${names.slice(0, depth).join('.')}${isBackward ? ', backward' : ''}`;
    holders.set(holder, (holders.get(holder) ?? 0) + bytes);
  }
  const rows = [...holders]
    .sort(([, a], [, b]) => b - a)
    .filter(([, bytes]) => verbose || bytes >= smallShare * plannedBytes)
    .map(([holder, bytes]) => [`  ${holder}`, percent(bytes / plannedBytes), formatBytes(bytes)]);
  return [
    table(`memory of the program ${name} at its peak, by the plan`, ['share', formatBytes(plannedBytes)], rows),
    `  ONNX Runtime gave out ${formatBytes(allocatedBytes)}, of ${formatBytes(heldBytes)} that it had reserved by doubling.`,
  ].join('\n');
}

function passesText({ programs, passes }: Profile, { verbose }: ProfileTextOptions): string {
  const lines = programs.flatMap(({ name, appliedPasses }) => [
    ...(programs.length > 1 ? [`  in ${name}`] : []),
    ...appliedPasses.flatMap(({ name: pass, summary, sites }) => [
      `  ${pass}: ${formatCount(sites.length)} ${sites.length === 1 ? 'place' : 'places'}`,
      `    ${summary}`,
      ...(verbose ? sites.map(({ scope, op, change }) => `      ${scope} ${op}: ${change}`) : []),
    ]),
  ]);
  const heading = pc.bold('rewrites of the program');
  return lines.length === 0 ? `${heading}: none (--passes ${passes})` : [heading, ...lines].join('\n');
}

/** A table whose first line is a title and the heads of columns. */
function table(title: string, heads: readonly string[], rows: readonly (readonly string[])[]): string {
  // Bold only once the columns are laid out: its escape sequences have no width.
  return `${pc.bold(title)}${formatTable([[title, ...heads], ...rows]).slice(title.length)}`;
}

function timeCells({ seconds }: Work, whole: number): string[] {
  return [percent(seconds / whole), milliseconds(seconds)];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function milliseconds(seconds: number): string {
  const value = 1000 * seconds;
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} ms`;
}

/** In units of 10⁹ a second; nothing where there is nothing. */
function rate(count: number, { seconds }: Work): string {
  if (count === 0 || seconds === 0) return '';
  const value = count / seconds / 1e9;
  return value.toFixed(value >= 10 ? 0 : 1);
}
