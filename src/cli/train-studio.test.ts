import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';

const folder = mkdtempSync(join(tmpdir(), 'sagan-'));
after(() => rmSync(folder, { recursive: true }));

/** Stands for the command line: says who it is and what it was called with, then serves until it is ended. */
const cli = join(folder, 'cli.mjs');
writeFileSync(
  cli,
  `console.log('The studio: ' + process.pid + ' ' + process.argv.slice(2).join(' '));
  console.log('more');
  setInterval(() => undefined, 1000);`,
);
const broken = join(folder, 'broken.mjs');
writeFileSync(broken, "console.error('error: the port is taken'); process.exitCode = 2;");

let trainers = 0;

/** A trainer that has begun and then does what `work` says; prints the notices, and `done` after its last event. */
function train(options: string, work = '') {
  const module = new URL('./train-studio.ts', import.meta.url).href;
  const program = `
    import { withStudio } from ${JSON.stringify(module)};
    async function* events() {
      yield { type: 'started', run: 'runs/mine' };
      ${work}
      yield { type: 'finished', step: 1, reason: 'steps' };
    }
    const stop = new AbortController();
    process.once('SIGTERM', () => stop.abort());
    for await (const event of withStudio(events(), { signal: stop.signal, ${options} }))
      if (event.type === 'notice') console.log(event.text);
    console.log('done');`;
  const file = join(folder, `trainer-${++trainers}.mjs`);
  writeFileSync(file, program);
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), file]);
  const exited = once(child, 'exit');
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const until = async (pattern: RegExp) => {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; await wait(20)) {
      const found = pattern.exec(stdout);
      if (found !== null) return found;
    }
    return assert.fail(`${pattern} has not come: ${stdout}${stderr}`);
  };
  return { child, exited, until, output: () => ({ stdout, stderr }) };
}

const pidIn = /^The studio: (\d+) studio runs( --port \d+)? \(until Ctrl-C, also when training is done\)$/m;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function ends(pid: number): Promise<void> {
  for (const deadline = Date.now() + 10_000; isAlive(pid); await wait(20)) {
    assert.ok(Date.now() < deadline, `process ${pid} is still there`);
  }
}

test('a studio of the folder above the run is started, told of, stays when training is done, and ends with the signal', async () => {
  const { child, exited, until } = train(`cli: ${JSON.stringify(cli)}, port: 4444`);
  const [, pid, port] = await until(pidIn);
  assert.equal(port, ' --port 4444');
  await until(/^done$/m);
  assert.deepEqual([isAlive(Number(pid)), child.exitCode], [true, null]);
  child.kill('SIGTERM');
  await exited;
  await ends(Number(pid));
});

test('one that is to end with the run starts when it is told to, and is gone with the last event', async () => {
  const { exited, until } = train(
    `cli: ${JSON.stringify(cli)}, after: 'step', endsWithRun: true`,
    "console.log('before'); yield { type: 'step', step: 1 }; console.log('between'); yield { type: 'step', step: 2 };",
  );
  const [told, pid] = await until(/^The studio: (\d+) studio runs \(until this is done\)$/m);
  await until(new RegExp(`^before\n${told.replaceAll(/[()]/g, '\\$&')}\nbetween\n(?!The studio)`, 'm'));
  await until(/^done$/m);
  await exited;
  await ends(Number(pid));
});

test('a signal in the midst of training ends the studio when the run is saved', async () => {
  const { child, exited, until } = train(
    `cli: ${JSON.stringify(cli)}`,
    "console.log('training'); while (!stop.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 10));",
  );
  await until(/^training$/m);
  const [, pid] = await until(pidIn);
  child.kill('SIGTERM');
  await until(/^done$/m);
  await exited;
  await ends(Number(pid));
});

test('a trainer that is killed leaves the studio, and a studio that is killed leaves the trainer', async () => {
  const killed = train(`cli: ${JSON.stringify(cli)}`, "process.kill(process.pid, 'SIGKILL');");
  const [, left] = await killed.until(pidIn);
  await killed.exited;
  assert.ok(isAlive(Number(left)));
  process.kill(Number(left), 'SIGKILL');

  const trainer = train(`cli: ${JSON.stringify(cli)}`);
  const [, pid] = await trainer.until(pidIn);
  process.kill(Number(pid), 'SIGKILL');
  await trainer.until(/^done$/m);
  const [code] = await trainer.exited;
  assert.equal(code, 0);
});

test('where the studio cannot be started, its error is seen and training goes on', async () => {
  const { exited, until, output } = train(`cli: ${JSON.stringify(broken)}`);
  await until(/^done$/m);
  await exited;
  assert.match(output().stdout, /^the studio could not be started \(exit code 2\); training goes on without it$/m);
  assert.match(output().stderr, /error: the port is taken/);
});
