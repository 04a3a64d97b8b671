import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { UserError } from '../../base/errors.ts';
import { createRun } from '../../store/index.ts';
import type { TaskContext, TaskFile } from '../task.ts';
import { timelineTask } from './timeline.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-timeline-'));
after(() => rmSync(folder, { recursive: true }));
const run = createRun(join(folder, 'it'), {});
mkdirSync(run.samplesPath);
const colours = new Map([
  [1, '#102030'],
  [50, '#d02020'],
  [1_000_000, '#20d020'],
]);
for (const [step, background] of colours) {
  const sheet = sharp({ create: { width: 24, height: 12, channels: 3, background } });
  writeFileSync(join(run.samplesPath, `step-${String(step).padStart(6, '0')}.png`), await sheet.png().toBuffer());
}

/** Runs the task; gives its file and what it told. */
async function film(request: object) {
  const files: TaskFile[] = [];
  const told: string[] = [];
  const unused = () => assert.fail('the sheets are on disk');
  const context: Pick<TaskContext, 'run' | 'progress' | 'file'> = {
    run: () => run,
    progress: async (done, total, what) => void told.push(`${what} ${done}/${total}`),
    file(made) {
      files.push(made);
      return { url: '/api/files/1', name: made.name, type: made.type, sizeBytes: made.bytes.length };
    },
  };
  const parsed = timelineTask.request.parse({ run: 'it', ...request });
  const result = await timelineTask.run(parsed, {
    ...context,
    open: unused,
    keep: unused,
    remember: unused,
    get runtime() {
      return unused();
    },
  });
  return { result, bytes: Buffer.from(files[0]?.bytes ?? []), told };
}

test('the film shows the sheets that were asked for, in their order, as they are', async () => {
  const { result, bytes, told } = await film({ steps: [50, 1, 1_000_000], framesPerSecond: 4 });
  assert.deepEqual([result.frames, result.width, result.height], [3, 24, 12]);
  assert.deepEqual(
    [result.file.name, result.file.type, result.file.sizeBytes],
    ['it-timeline.webp', 'image/webp', bytes.length],
  );
  const { pages, delay, loop } = await sharp(bytes, { animated: true }).metadata();
  assert.deepEqual([pages, delay, loop], [3, [250, 250, 250], 0]);
  for (const [page, colour] of ['#d02020', '#102030', '#20d020'].entries()) {
    const pixels = await sharp(bytes, { page }).removeAlpha().raw().toBuffer();
    assert.equal(`#${pixels.subarray(0, 3).toString('hex')}`, colour);
  }
  assert.deepEqual(told, [
    'reading the sheets 0/3',
    'reading the sheets 1/3',
    'reading the sheets 2/3',
    'writing the film 3/3',
  ]);
});

test('it can be made of another size', async () => {
  const { bytes, result } = await film({ steps: [1, 50], widthPixels: 48 });
  assert.deepEqual([result.width, result.height], [48, 24]);
  const { width, pageHeight } = await sharp(bytes, { animated: true }).metadata();
  assert.deepEqual([width, pageHeight], [48, 24]);
});

test('a sheet that is a link out of the run is not read', async () => {
  const outside = join(folder, 'outside.png');
  const secret = sharp({ create: { width: 24, height: 12, channels: 3, background: '#fff' } });
  writeFileSync(outside, await secret.png().toBuffer());
  symlinkSync(outside, join(run.samplesPath, 'step-000007.png'));
  await assert.rejects(film({ steps: [1, 7] }), /step-000007\.png: no sheet can be read there .*out of the run/);
});

test('a step without a sheet and a film that is too large are refused with words', async () => {
  const told = (words: RegExp) => (error: unknown) => error instanceof UserError && words.test(error.message);
  await assert.rejects(film({ steps: [1, 2] }), told(/step-000002\.png: no sheet/));
  await assert.rejects(film({ steps: Array(200).fill(1), widthPixels: 4096 }), told(/fewer sheets, or for less width/));
  await assert.rejects(film({ steps: [] }));
});
