/**
 * Makes what the pages of `docs/experiments` show of an ablation: `npx tsx scripts/experiment-report.ts FOLDER NAME`. From the
 * folder that `sagan ablate` wrote it copies `ablation.json` to `NAME.json` there, draws how the scores went over the steps, and a
 * row of samples of each arm, to `images/NAME-curves.png` and `images/NAME-samples.png`, and writes the tables between the
 * comments `NAME:begin` and `NAME:end` of a page.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { z } from 'zod';
import { statedImages } from '../src/api/run-model.ts';
import { openTrainedRun } from '../src/api/trained-run.ts';
import { openRuntime } from '../src/engine/index.ts';
import { distinctColour, drawCurvesPng, type Panel } from '../src/inspect/index.ts';
import { board, Generator, sampleSheet, toBytes } from '../src/sample/index.ts';

const columns = 12;
const scoresSchema = z.record(z.string(), z.number());
const ablationSchema = z.looseObject({
  source: z.string(),
  metrics: z.array(z.string()),
  arms: z.array(z.looseObject({ name: z.string() })),
  runs: z.array(
    z.looseObject({
      arm: z.string(),
      seed: z.int(),
      step: z.int(),
      trainingSeconds: z.number(),
      scores: scoresSchema,
      earlier: z.array(z.object({ step: z.int(), scores: scoresSchema })),
    }),
  ),
});
type Ablation = z.infer<typeof ablationSchema>;

const [, , folder = '', name = ''] = process.argv;
const docs = new URL('../docs/experiments/', import.meta.url);
mkdirSync(new URL('images/', docs), { recursive: true });
const ablation = ablationSchema.parse(JSON.parse(readFileSync(join(folder, 'ablation.json'), 'utf8')));
writeFileSync(new URL(`${name}.json`, docs), `${JSON.stringify(ablation, null, 1)}\n`);
writeTables(readFileSync(join(folder, 'ablation.md'), 'utf8'));
await save('curves', await drawCurvesPng({ title: `${name}: scores`, xLabel: 'step', panels: panelsOf(ablation) }));
await save('samples', await samplesOf(ablation));

function writeTables(markdown: string): void {
  const tables = markdown.slice(markdown.indexOf('## ')).replaceAll(/^## /gm, '### ').trim();
  const seconds = ablation.runs.map(({ trainingSeconds }) => trainingSeconds);
  const minutes = seconds.reduce((sum, of) => sum + of, 0) / 60;
  const time = `${seconds.length} runs, ${minutes.toFixed(0)} minutes of one thread each in all.`;
  const block = new RegExp(`(<!-- ${name}:begin -->\\n).*?(<!-- ${name}:end -->)`, 's');
  for (const file of readdirSync(docs).filter((entry) => entry.endsWith('.md'))) {
    const page = readFileSync(new URL(file, docs), 'utf8');
    const written = page.replace(block, (_, begin, end) => `${begin}\n${tables}\n\n${time}\n\n${end}`);
    if (written !== page) writeFileSync(new URL(file, docs), written);
  }
}

/** With few colours a figure is a fraction of the bytes. */
async function save(what: string, png: Buffer): Promise<void> {
  const small = sharp(png).png({ palette: true, colours: 128 });
  writeFileSync(new URL(`images/${name}-${what}.png`, docs), await small.toBuffer());
}

/** The mean over the seeds of each arm at each checkpoint, a panel a score. Names of many arms are cut to fit the legend. */
function panelsOf({ metrics, arms, runs }: Ablation): Panel[] {
  return metrics.map((metric) => ({
    yLabel: metric,
    series: arms.map((arm, i) => {
      const points = runs
        .filter((run) => run.arm === arm.name)
        .flatMap(({ earlier, step, scores }) => [...earlier, { step, scores }]);
      const steps = [...new Set(points.map(({ step }) => step))].toSorted((a, b) => a - b);
      const meanAt = (x: number) => {
        const values = points.filter(({ step }) => step === x).map(({ scores }) => scores[metric] ?? Number.NaN);
        return { x, y: values.reduce((sum, value) => sum + value, 0) / values.length };
      };
      const name = arms.length > 5 ? arm.name.replace(/^(\w{3})\w*-/, '$1 ') : arm.name;
      return { name, colour: i === 0 ? '#444444' : distinctColour(i - 1), points: steps.map(meanAt) };
    }),
  }));
}

/** The first latents of seed 0, made by the run of seed 0 of each arm. */
async function samplesOf({ arms, source }: Ablation): Promise<Buffer> {
  const runtime = await openRuntime({ threads: 1 });
  const rows: Uint8Array[] = [];
  let format = { channels: 1, resolution: 32 };
  for (const arm of arms) {
    const { config, model, checkpoint } = openTrainedRun(join(folder, arm.name, 'seed-0'));
    const { channels, resolution, classes } = statedImages(config);
    const cells = board(0, model, { rows: 1, columns, numClasses: 0 });
    const labels = Int32Array.from({ length: columns }, (_, i) => (classes === 0 ? 0 : i % classes));
    const generator = await Generator.open(runtime, model, checkpoint.state, { batch: columns });
    rows.push(toBytes((await generator.generate(cells.z, labels)).images));
    format = { channels, resolution };
  }
  return sampleSheet({
    ...format,
    channels: format.channels === 3 ? 3 : 1,
    images: Buffer.concat(rows),
    columns,
    rowLabels: arms.map((arm) => arm.name),
    caption: `${source}: samples of seed 0, a row an arm`,
  });
}
