import { extname } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  drawAttention,
  type FigureFormat,
  figureFormatNames,
  reportAttention,
  studyAttention,
} from '../api/attention.ts';
import { openTrainedRun } from '../api/trained-run.ts';
import { UserError } from '../base/errors.ts';
import { openRuntime } from '../engine/index.ts';
import { parsePoint } from '../sample/index.ts';
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

interface Pixel {
  readonly x: number;
  readonly y: number;
}

interface AttentionCommandOptions extends DeviceOptions, JsonOption, CheckpointOption {
  readonly out: string;
  readonly network: 'G' | 'D';
  readonly class?: string;
  readonly seed?: number;
  readonly count?: number;
  readonly point?: readonly string[];
  readonly image?: number;
  readonly query?: readonly Pixel[];
  readonly lookedAt?: readonly Pixel[];
  readonly block?: string;
  readonly gamma?: number;
  readonly uniform?: true;
  readonly window?: number;
}

/** `sagan attention` */
export function attentionCommand(): Command {
  const command = new Command('attention')
    .alias('attend')
    .summary('draw where the networks of a run attend')
    .description(
      'Draw images of a run, pixels of them, and where the attention of each looks: as a picture, or as a page to look into.',
    )
    .argument('<run>', 'folder of the run')
    .requiredOption('--out <file>', 'the figure: .png, .svg, or .html for a page in one file')
    .option('--class <class>', 'name or number; mixed: 3:0.5+7:0.5 (default: classes spread over all)')
    .option('--seed <n>', "of the latents (default: the run's)", wholeNumber(0))
    .option('--count <n>', 'images, one a row (default: 4)', wholeNumber(1))
    .addOption(
      new Option('--point <p>', 'instead of a seed, points, repeated: SEED, SEED@X,Y, SEED@X,Y/d0=2.5/c3=-1')
        .argParser(collect)
        .conflicts(['seed', 'count']),
    )
    .option(
      '--query <x,y...>',
      'pixels, from the left and the top: where do they look? (default: three telling ones)',
      pixels,
    )
    .option('--looked-at <x,y...>', 'pixels: who looks at them?', pixels)
    .option('--block <name>', 'the attention block to show, or all (default: the one with the most positions)')
    .addOption(new Option('--network <network>', 'generator or discriminator').choices(['G', 'D']).default('G'))
    .addOption(
      new Option('--image <n>', 'show image n of the dataset to the discriminator')
        .argParser(wholeNumber(0))
        .implies({ network: 'D' })
        .conflicts(['class', 'seed', 'count', 'point']),
    )
    .option('--gamma <γ>', 'what if: γ were this; 0 switches attention off', finite)
    .addOption(new Option('--uniform', 'what if: all keys were weighed alike').conflicts('window'))
    .option('--window <pixels>', 'what if: attention did not look further than this', finite)
    .addOption(checkpointOption())
    .addOption(jsonOption())
    .action(runAttention);
  return withExample(
    addDeviceOptions(command),
    'sagan attention runs/quickstart --class 8 --out eights.png',
    'sagan attention runs/quickstart --count 1 --query 16,8 4,4 --gamma 0 --out what-if.svg',
    'sagan attention runs/quickstart --image 7 --block all --out page.html',
  );
}

async function runAttention(path: string, options: AttentionCommandOptions): Promise<void> {
  const {
    out,
    json,
    device,
    threads,
    passes,
    checkpoint,
    query = [],
    lookedAt = [],
    gamma,
    uniform,
    window,
    point,
    ...shown
  } = options;
  const format = formatOf(out);
  const trained = openTrainedRun(path, { checkpoint });
  const runtime = await openRuntime({
    ...(device && { device }),
    ...(threads && { threads }),
    passes: passes ?? trained.config.passes,
  });
  const pins = [...query, ...lookedAt.map((pixel) => ({ ...pixel, direction: 'lookedAtBy' as const }))];
  const map = uniform ? 'uniform' : window === undefined ? undefined : 'window';
  const study = await studyAttention(runtime, trained, {
    ...shown,
    points: point?.map(parsePoint),
    pins: pins.length === 0 ? undefined : pins,
    change: { gamma, map, windowPixels: window },
  });
  for (const { folder, reason } of trained.refused) {
    console.error(`note: checkpoint ${folder} was refused (${reason}); the one before it is used.`);
  }
  const report = reportAttention(study);
  writeFileAtomic(out, await drawAttention(study, format));
  if (json) {
    console.log(JSON.stringify({ run: path, out, ...report }));
    return;
  }
  const lines = report.blocks.map(
    ({ name, gamma: used, meanEntropyBits, maximumEntropyBits, meanDistance, uniformDistance }) =>
      `  ${name}: ${used === null ? '' : `γ = ${Number(used.toFixed(3))}, `}mean entropy ${meanEntropyBits.toFixed(2)} of ` +
      `${maximumEntropyBits.toFixed(2)} bits, mean distance ${meanDistance.toFixed(2)} sides (uniform: ${uniformDistance.toFixed(2)})`,
  );
  console.log([`attention of ${path} at step ${report.step}: ${out}`, ...lines].join('\n'));
}

function formatOf(out: string): FigureFormat {
  const ending = extname(out).slice(1).toLowerCase();
  const format = figureFormatNames.find((name) => name === ending);
  if (format !== undefined) return format;
  throw new UserError(
    `--out ${out}: the file ends in "${extname(out)}"; expected .png, .svg or .html. Choose one of these.`,
  );
}

/** Reads `12,5`, one after another. */
function pixels(text: string, before: readonly Pixel[] = []): readonly Pixel[] {
  const found = /^(\d+),(\d+)$/.exec(text.trim());
  if (found === null)
    throw new InvalidArgumentError('Expected two whole numbers with a comma between them, such as 12,5.');
  return [...before, { x: Number(found[1]), y: Number(found[2]) }];
}

function finite(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Expected a number.');
}
