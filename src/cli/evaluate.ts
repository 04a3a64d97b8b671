import { Command, InvalidArgumentError, Option } from 'commander';
import pc from 'picocolors';
import { disagree, type EvaluateOptions, evaluate, saveFeatures, saveStatistics } from '../api/evaluate.ts';
import {
  metricNames,
  metrics,
  normalizationNames,
  protocolNames,
  protocols,
  scoreFileBytes,
} from '../metrics/index.ts';
import { type RefusedCheckpoint, writeFileAtomic } from '../store/index.ts';
import { describeDisagreement } from './disagreement-report.ts';
import { evaluationProgress } from './evaluation-progress.ts';
import { formatCount } from './figures.ts';
import {
  addDeviceOptions,
  checkpointOption,
  type DeviceOptions,
  type JsonOption,
  jsonOption,
  wholeNumber,
  withExample,
} from './options.ts';
import { formatPassports, formatScores } from './score-table.ts';

interface EvaluateCommandOptions
  extends DeviceOptions,
    JsonOption,
    Omit<EvaluateOptions, 'cacheFolder' | 'onnx' | 'onProgress' | 'model' | 'device' | 'threads' | 'passes'> {
  readonly cache: boolean;
  readonly passport?: true;
  readonly disagree?: true;
  readonly out?: string;
  readonly onnxOutput?: string;
  readonly onnxLogits?: string;
  readonly onnxResolution?: number;
  readonly saveStatistics?: string;
  readonly saveFeatures?: string;
}

/** `sagan evaluate` */
export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .summary('score a run or a folder of images')
    .description(
      'Score the images of a run, of a folder or of an .npz file, each score with all that it hangs on. A run is compared with ' +
        'the images that it was trained on, and its scores are kept in its folder.',
    )
    .argument('<source>', 'folder of a run or of images, .npz file of images, or a dataset')
    .option('--against <reference>', 'dataset, folder, or .npz of images or statistics to compare with')
    .option('--metrics <names>', `with commas: ${metricNames.join(', ')} (default: fid,is)`, names)
    .addOption(
      new Option('--protocol <name>', 'whose numbers to agree with').choices(protocolNames).default(protocolNames[0]),
    )
    .option(
      '--features <network>',
      'inception, mnist, fashion-mnist or FILE.onnx (default: that of the dataset, else inception)',
    )
    .option('--features-file <file>', 'weights of inception (default: where "sagan features fetch" puts them)')
    .addOption(new Option('--normalization <name>', 'of pixels for FILE.onnx').choices(normalizationNames))
    .option('--onnx-output <name>', 'output of FILE.onnx with the features (default: the only one)')
    .option('--onnx-logits <name>', 'output of FILE.onnx with logits (default: none)')
    .option('--onnx-resolution <n>', 'pixels a side that FILE.onnx takes, where it takes any', wholeNumber(1))
    .option('--count <n>', 'images (default: of a run 50000, for small networks 10000; else all)', wholeNumber(2))
    .option('--resolution <n>', "pixels a side of a dataset's images (default: the run's)", wholeNumber(1))
    .addOption(new Option('--split <name>', 'of the dataset that is compared with').choices(['train', 'test']))
    .option('--class-wise', 'show scores by class too')
    .option('--seed <n>', "of a run's latents", wholeNumber(0), 0)
    .addOption(new Option('--truncation <t>', 'draw latents beyond ±t again').argParser(number).conflicts('scale'))
    .option('--scale <s>', 'multiply latents by s', number)
    .option('--standing-statistics <n>', "take batch norm's statistics anew, of n batches", wholeNumber(1))
    .addOption(checkpointOption())
    .option('--skip-bad', 'leave out images that cannot be read; the passports say so')
    .option('--no-cache', 'measure the reference anew')
    .option('--passport', 'print all that each score depends on')
    .option('--disagree', 'score under every protocol, and explain the differences')
    .option('--out <file.json>', 'also write the scores here')
    .option('--save-statistics <file.npz>', 'score nothing; write mean and covariance, as pytorch-fid does')
    .option('--save-features <file.npz>', 'score nothing; write single features, as clean-fid does for KID')
    .addOption(jsonOption())
    .action(runEvaluate);
  withExample(
    addDeviceOptions(command),
    'sagan evaluate runs/first --metrics fid,precision-recall,class-accuracy --class-wise',
    'sagan evaluate samples/ --against photos/ --features inception --protocol clean-fid',
    'sagan evaluate runs/first --disagree --count 5000',
  );
  return command.addHelpText('after', `\nMetrics:\n${listed(metrics)}\n\nProtocols:\n${listed(protocols)}`);
}

function listed(things: readonly { readonly name: string; readonly about: string }[]): string {
  const width = Math.max(...things.map(({ name }) => name.length));
  return things.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`).join('\n');
}

async function runEvaluate(source: string, options: EvaluateCommandOptions): Promise<void> {
  const {
    json,
    cache,
    passport,
    disagree: everyProtocol,
    out,
    saveStatistics: statisticsFile,
    saveFeatures: savedFeatures,
    onnxOutput,
    onnxLogits,
    onnxResolution,
    ...wanted
  } = options;
  const progress = evaluationProgress(json === true ? undefined : process.stderr);
  const onnx = {
    ...(onnxOutput !== undefined && { output: onnxOutput }),
    ...(onnxLogits !== undefined && { logits: onnxLogits }),
    ...(onnxResolution !== undefined && { resolution: onnxResolution }),
  };
  const request = { ...wanted, onnx, ...(!cache && { cacheFolder: false as const }), onProgress: progress.show };
  try {
    const saved = statisticsFile ?? savedFeatures;
    if (saved !== undefined) {
      const save = saved === statisticsFile ? saveStatistics : saveFeatures;
      const { count, refused } = await save(source, saved, request);
      progress.end();
      noteRefused(refused);
      console.log(json ? JSON.stringify({ out: saved, count }) : `${saved}: of ${formatCount(count)} images`);
      return;
    }
    if (everyProtocol) {
      const disagreement = await disagree(source, request);
      progress.end();
      console.log(json ? JSON.stringify(disagreement) : describeDisagreement(disagreement));
      return;
    }
    const { file, path, refused } = await evaluate(source, request);
    progress.end();
    noteRefused(refused);
    if (out !== undefined) writeFileAtomic(out, scoreFileBytes(file));
    if (json) {
      console.log(JSON.stringify(file));
      return;
    }
    console.log(formatScores(file));
    if (passport) console.log(`\n${formatPassports(file.scores)}`);
    for (const written of [path, out]) if (written !== undefined) console.log(pc.dim(`\nwritten to ${written}`));
  } finally {
    progress.end();
  }
}

function noteRefused(refused: readonly RefusedCheckpoint[]): void {
  for (const { folder, reason } of refused) {
    console.error(`note: checkpoint ${folder} was refused (${reason}); the one before it is used.`);
  }
}

/** Reads `fid,is`. */
function names(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

function number(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Expected a number, such as 0.5.');
}
