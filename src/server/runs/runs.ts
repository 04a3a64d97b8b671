/** The runs of a folder: what they are doing, and what can be done to them. Nothing here knows of HTTP. */

import { EventEmitter, once } from 'node:events';
import { existsSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import { UserError } from '../../base/errors.ts';
import { temporaryBeside } from '../../store/atomic.ts';
import { lockOwner, sendControl } from '../../store/index.ts';
import type { Control, NewRun, RunDetail, RunSummary } from '../api.ts';
import { Refusal } from '../refusal.ts';
import { markOf } from './file-mark.ts';
import { FollowedRun, isTrained } from './followed-run.ts';
import { runNames } from './run-files.ts';
import { lastError, lastOutput, startTraining, type TrainingProcess } from './training-process.ts';

/** How often runs in training are looked at; the others in every eighth turn. */
const lookEveryMs = 250;
const idleTurns = 8;
/** How long a request waits for a process to have begun, and how often it looks. */
const mostStartMs = 60_000;
const startEveryMs = 50;
const mostReleaseMs = 5000;

const newName = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}$/;

export interface RunsOptions {
  /** The runs' folder; it need not be there yet. */
  readonly folder: string;
  /** The file that is Sagan's command line, as Node can start it. */
  readonly cli: string;
}

/** Looks at the folder until it is closed. What goes wrong with one run is that run's state, and the others go on. */
export class Runs {
  readonly folder: string;
  private readonly cli: string;
  private readonly runs = new Map<string, FollowedRun>();
  /** The last that was started from here, by run. */
  private readonly processes = new Map<string, TrainingProcess>();
  private readonly news = new EventEmitter().setMaxListeners(0);
  private readonly closing = new AbortController();
  /** Looks go one after the other. */
  private looking: Promise<unknown> = Promise.resolve();

  private constructor({ folder, cli }: RunsOptions) {
    this.folder = resolve(folder);
    this.cli = cli;
  }

  /** Reads all runs of a folder, and begins to follow them. */
  static async open(options: RunsOptions): Promise<Runs> {
    const runs = new Runs(options);
    await runs.look(() => true);
    void runs.keepLooking();
    return runs;
  }

  /** Looks no more. Those that train go on. */
  close(): void {
    this.closing.abort();
    this.news.emit('change');
  }

  /** All runs, those that were begun last first. */
  list(): readonly RunSummary[] {
    const newestFirst = (a: FollowedRun, b: FollowedRun) => b.begunAtMs - a.begunAtMs || (a.name < b.name ? -1 : 1);
    return [...this.runs.values()].sort(newestFirst).map(({ summary }) => summary);
  }

  /** The run of a name. Throws Refusal (404) if none of those that are there has it. */
  find(name: string): FollowedRun {
    const run = this.runs.get(name);
    if (run === undefined)
      throw new Refusal(404, `There is no run "${name}" in ${this.folder}. It may have been deleted.`);
    return run;
  }

  /** Resolves when a run has changed, come or gone after the call, on `close`, or when `signal` is aborted. */
  async changed(signal: AbortSignal): Promise<void> {
    await once(this.news, 'change', { signal }).catch(() => undefined);
  }

  detail(name: string): RunDetail {
    return this.find(name).detail();
  }

  /** The sheet of a step, a PNG, and what it can be known by again. Throws Refusal (404) if there is none. */
  sample(name: string, step: number): { readonly png: Uint8Array<ArrayBuffer>; readonly etag: string } {
    const run = this.find(name);
    const none = () => new Refusal(404, `The run "${name}" has no sheet of step ${step}.`);
    const path = run.samplePath(step);
    const mark = path === undefined ? undefined : markOf(path);
    if (path === undefined || mark === undefined) throw none();
    try {
      // A link could lead to where nobody meant to let anybody look.
      if (!realpathSync(path).startsWith(realpathSync(run.path) + sep)) throw none();
      const etag = `"${mark.file.toString(36)}-${mark.mtimeMs.toString(36)}-${mark.sizeBytes.toString(36)}"`;
      return { png: new Uint8Array(readFileSync(path)), etag };
    } catch {
      throw none();
    }
  }

  /** The last lines that the last process has printed which was started from here. Throws Refusal (404) if none was. */
  output(name: string): string {
    const output = lastOutput(this.outputPath(this.find(name).name));
    if (output !== undefined) return output;
    throw new Refusal(404, `The run "${name}" was not started from the studio: its output is where it was started.`);
  }

  /**
   * Begins a run, and waits until its folder is there; after a minute it is `starting` without.
   *
   * Throws Refusal: 400 for a name that no run may have, 409 if there is something of that name, 422 with what the command line
   * says if it could not begin.
   */
  async create({ run: name, preset, data, settings }: NewRun): Promise<RunSummary> {
    if (!newName.test(name)) {
      throw new Refusal(
        400,
        `A run cannot be called "${name}"; expected up to 80 letters, digits, ".", "_" and "-", the first no ".". Choose another name.`,
      );
    }
    const path = join(this.folder, name);
    if (existsSync(path) || this.isStarting(name)) {
      throw new Refusal(409, `There is something called "${name}" in ${this.folder} already. Choose another name.`);
    }
    const dataset = data === undefined ? [] : [`--data=${data}`];
    const changes = settings.map((setting) => `--set=${setting}`);
    const args = ['train', `--preset=${preset}`, ...dataset, `--out=${path}`, ...changes];
    return this.start(name, args, undefined, () => existsSync(join(path, 'config.json')));
  }

  /**
   * Goes on with a run, to the step `steps` or as its config says; waits until its process has taken it, a minute at most.
   *
   * Throws Refusal: 409 if it cannot go on as it is, 422 with what the command line says if it could not.
   */
  async resume(name: string, steps: number | undefined): Promise<RunSummary> {
    const run = this.find(name);
    await this.atRest(run);
    const { state, reason, step } = run.summary;
    if (run.isLive || this.isStarting(name)) throw new Refusal(409, `The run "${name}" is being trained already.`);
    if (state === 'damaged') throw new Refusal(409, `The run "${name}" is damaged. ${reason}`);
    if (state === 'finished' && (steps ?? 0) <= step) {
      throw new Refusal(409, `The run "${name}" has all its ${step} steps. Ask for more of them to go on.`);
    }
    const more = steps === undefined ? [] : [`--steps=${steps}`];
    const opened = run.opened();
    return this.start(
      name,
      ['train', `--resume=${run.path}`, ...more],
      steps,
      ({ pid }) => lockOwner(opened)?.pid === pid,
    );
  }

  /**
   * Asks something of the process that trains a run. Rates can be asked for before there is one: the next has them.
   *
   * Throws Refusal (409) if nobody trains it, and nobody would do it later.
   */
  async control(name: string, control: Control): Promise<RunSummary> {
    const opened = this.find(name).opened();
    try {
      sendControl(opened, control);
    } catch (error) {
      if (!(error instanceof UserError) || lockOwner(opened) !== undefined) throw error;
      const remedy = this.isStarting(name) ? 'It is about to begin: ask again in a moment' : 'Resume it first';
      throw new Refusal(409, `Nothing trains the run "${name}", so nobody would do that. ${remedy}.`);
    }
    return this.lookAt(name);
  }

  /**
   * Deletes a run with all that is in its folder; links in it are removed, and what they lead to is left.
   *
   * Throws Refusal: 400 unless `confirm` is the run's name, 409 if it is being trained, 503 if the disk refuses.
   */
  async delete(name: string, confirm: string): Promise<void> {
    const run = this.find(name);
    if (confirm !== name) {
      throw new Refusal(400, `To delete the run "${name}", confirm its name; "${confirm}" is another.`);
    }
    const inTraining = () => new Refusal(409, `The run "${name}" is being trained. Stop it first, then delete it.`);
    await this.atRest(run);
    if (run.isLive || this.isStarting(name) || isTrained(run.path)) throw inTraining();
    if (existsSync(run.path)) {
      const temporary = temporaryBeside(run.path);
      renameSync(run.path, temporary);
      // Whoever took the run a moment ago finds it where it was.
      if (isTrained(temporary)) {
        renameSync(temporary, run.path);
        throw inTraining();
      }
      await rm(temporary, { recursive: true, force: true }).catch((error) => {
        throw new Refusal(
          503,
          `The run "${name}" is deleted, but some of its files are left in ${temporary}: ${error}`,
        );
      });
    }
    this.forget(name);
    await this.look(() => false);
  }

  /** The file for what the processes of a run print: outside its folder, which has to be empty when it begins. */
  private outputPath(name: string): string {
    return join(this.folder, '.studio', `${name}.log`);
  }

  /** Whether a process is on its way to train it, and has written nothing yet. */
  private isStarting(name: string): boolean {
    const process = this.processes.get(name);
    const loggedAtMs = this.runs.get(name)?.log.mark?.mtimeMs ?? 0;
    return process !== undefined && process.ended === undefined && process.startedAtMs > loggedAtMs;
  }

  private forget(name: string): void {
    this.processes.delete(name);
    rmSync(this.outputPath(name), { force: true });
  }

  private async start(
    name: string,
    args: readonly string[],
    steps: number | undefined,
    hasBegun: (process: TrainingProcess) => boolean,
  ): Promise<RunSummary> {
    const outputPath = this.outputPath(name);
    const process = startTraining({ cli: this.cli, args, outputPath, steps });
    this.processes.set(name, process);
    const mostAt = Date.now() + mostStartMs;
    while (process.ended === undefined && !hasBegun(process) && Date.now() < mostAt) await delay(startEveryMs);
    const { ended } = process;
    if (ended === undefined || ended.isSuccess || hasBegun(process)) return this.lookAt(name);
    this.processes.delete(name);
    await this.look(() => false);
    const words = lastError(outputPath) ?? `The process ${ended.how}. ${lastOutput(outputPath)?.trim() ?? ''}`;
    throw new Refusal(422, words.trim());
  }

  /** Looks at a run. One that has written its last line gets a moment to give its lock back. */
  private async atRest(run: FollowedRun): Promise<void> {
    await this.lookAt(run.name);
    const mostAt = Date.now() + mostReleaseMs;
    while (!run.isLive && isTrained(run.path) && Date.now() < mostAt) await delay(startEveryMs);
  }

  /** The run's summary, fresh. */
  private async lookAt(name: string): Promise<RunSummary> {
    await this.look((run) => run.name === name);
    return this.find(name).summary;
  }

  private async keepLooking(): Promise<void> {
    const { signal } = this.closing;
    for (let turn = 0; !signal.aborted; turn++) {
      await delay(lookEveryMs, undefined, { signal, ref: false }).catch(() => undefined);
      let place = turn;
      // A defect in one look is no reason to look no more.
      await this.look((run) => run.isLive || place++ % idleTurns === 0).catch(console.error);
    }
  }

  /** Looks at runs that are new, and at those that are due. Between pieces of their logs others have their turn. */
  private look(isDue: (run: FollowedRun) => boolean): Promise<void> {
    const looked = this.looking.then(async () => {
      const names = this.names();
      let hasNews = false;
      for (const name of this.runs.keys()) if (!names.has(name)) hasNews = this.runs.delete(name);
      for (const name of names) {
        const known = this.runs.get(name);
        const run = known ?? new FollowedRun(name, join(this.folder, name), this.outputPath(name));
        if (known !== undefined && !isDue(known)) continue;
        const before = run.log.history.seq;
        while (run.advance()) await setImmediate();
        const hasChanged = run.look(this.processes.get(name));
        this.runs.set(name, run);
        hasNews ||= hasChanged || run.log.history.seq !== before || known === undefined;
      }
      if (hasNews) this.news.emit('change');
    });
    this.looking = looked.catch(() => undefined);
    return looked;
  }

  /** Runs that are in the folder, and those that are on their way into it, or did not get there. */
  private names(): ReadonlySet<string> {
    const present = runNames(this.folder);
    const coming = [...this.processes].flatMap(([name, { ended }]) => (ended?.isSuccess === true ? [] : [name]));
    return new Set([...present, ...coming]);
  }
}
