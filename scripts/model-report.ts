/**
 * Makes what a page of `docs/models` shows of a finished run: `npx tsx scripts/model-report.ts RUN...`. For each run of a
 * preset it draws a sheet of samples and the curves, scores a thousand samples with the classifier of its dataset, and writes
 * the numbers to `docs/models/results.json` and into the table of `docs/models/README.md`.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { z } from 'zod';
import { drawRunCurves } from '../src/api/curves.ts';
import { evaluate } from '../src/api/evaluate.ts';
import { statedImages } from '../src/api/run-model.ts';
import { openTrainedRun } from '../src/api/trained-run.ts';
import { openRuntime } from '../src/engine/index.ts';
import { describeNetworks } from '../src/inspect/index.ts';
import { board, Generator, sampleSheet, toBytes } from '../src/sample/index.ts';
import { readEvents } from '../src/store/index.ts';

const folder = new URL('../docs/models/', import.meta.url);
const samples = 1000;
const scoreSeed = 20_26;

const resultsFile = new URL('results.json', folder);
const resultSchema = z.object({
  steps: z.number(),
  minutes: z.number(),
  parameters: z.object({ generator: z.number(), discriminator: z.number() }),
  classAccuracy: z.number().optional(),
  recognised: z.number(),
  /** e to the entropy of the classes found: 10 where all ten are equally frequent. */
  effectiveClasses: z.number(),
});
type Result = z.infer<typeof resultSchema>;
const resultsSchema = z.record(z.string(), resultSchema);
mkdirSync(new URL('images/', folder), { recursive: true });
const results = existsSync(resultsFile) ? resultsSchema.parse(JSON.parse(readFileSync(resultsFile, 'utf8'))) : {};
const runtime = await openRuntime();

for (const path of process.argv.slice(2)) {
  const { run, config, model, checkpoint } = openTrainedRun(path);
  const { preset } = config;
  if (preset === undefined) throw new Error(`${path}: not a run of a preset.`);
  const { resolution, channels, classes, classNames } = statedImages(config);
  const generator = await Generator.open(runtime, model, checkpoint.state);

  const rows = classes === 0 ? 6 : classes;
  const cells = board(config.seed, model, { rows, columns: 12, numClasses: classes });
  const sheet = await sampleSheet({
    images: toBytes((await generator.generate(cells.z, cells.labels)).images),
    channels,
    resolution,
    columns: 12,
    ...(classes === 0 ? {} : { rowLabels: classNames }),
    caption: `${preset}, step ${checkpoint.step}`,
  });
  writeFileSync(new URL(`images/${preset}-samples.png`, folder), sheet);
  // At half the size and with few colours a figure is a tenth of the bytes.
  const curves = sharp(await drawRunCurves(run))
    .resize({ width: 860 })
    .png({ palette: true, colours: 64 });
  writeFileSync(new URL(`images/${preset}-curves.png`, folder), await curves.toBuffer());

  const { file } = await evaluate(path, {
    count: samples,
    seed: scoreSeed,
    features: config.data.source.split(':')[0] ?? '',
    metrics: classes === 0 ? ['recognised'] : ['class-accuracy', 'recognised'],
  });
  const score = (metric: string) => file.scores.find(({ passport }) => passport.metric.startsWith(metric))?.value ?? 0;
  const steps = readEvents(run.eventsPath).events.filter(({ type }) => type === 'step');
  const networks = describeNetworks(model, config.batch);
  results[preset] = {
    steps: checkpoint.step,
    minutes: rounded(steps.reduce((sum, { ms }) => sum + Number(ms), 0) / 60_000, 1),
    parameters: { generator: networks.generator.parameters, discriminator: networks.discriminator.parameters },
    ...(classes > 0 && { classAccuracy: rounded(score('class-accuracy'), 3) }),
    recognised: rounded(score('recognised'), 3),
    effectiveClasses: rounded(score('effective-classes'), 2),
  };
  console.log(preset, results[preset]);
}

const ordered = Object.fromEntries(Object.entries(results).sort(([a], [b]) => a.localeCompare(b)));
writeFileSync(resultsFile, `${JSON.stringify(ordered, null, 2)}\n`);
const pageFile = new URL('README.md', folder);
const marked = /(<!-- results:begin -->\n).*(<!-- results:end -->)/s;
writeFileSync(pageFile, readFileSync(pageFile, 'utf8').replace(marked, `$1${tableOf(ordered)}$2`));

function tableOf(rows: Readonly<Record<string, Result>>): string {
  const head = '| preset | steps | minutes | parameters of G, D | class accuracy | recognised | effective classes |';
  const lines = Object.entries(rows).map(([preset, row]) => {
    const { generator, discriminator } = row.parameters;
    const parameters = `${generator.toLocaleString('en-US')}, ${discriminator.toLocaleString('en-US')}`;
    const accuracy = row.classAccuracy === undefined ? 'no classes' : percent(row.classAccuracy);
    return `| \`${preset}\` | ${row.steps} | ${row.minutes} | ${parameters} | ${accuracy} | ${percent(row.recognised)} | ${row.effectiveClasses} |`;
  });
  return `${[head, '| --- | --- | --- | --- | --- | --- | --- |', ...lines].join('\n')}\n`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
