/** Options that several commands share, and how their values are read. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { nodeDevices, type PassSelection } from '../engine/index.ts';
import type { CheckpointChoice } from '../store/index.ts';

/** A parser of whole numbers from `least` up. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Expected a whole number, ${least} or more.`);
  };
}

/** Gathers the values of an option that may be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

export interface JsonOption {
  readonly json?: true;
}

export function jsonOption(): Option {
  return new Option('--json', 'print JSON, an object a line, the result last');
}

export interface CheckpointOption {
  readonly checkpoint?: CheckpointChoice;
}

export function checkpointOption(): Option {
  const choose = (text: string): CheckpointChoice => {
    if (text === 'best' || text === 'newest') return text;
    if (/^\d+$/.test(text)) return Number(text);
    throw new InvalidArgumentError('Expected best, newest, or the step of a checkpoint.');
  };
  return new Option('--checkpoint <which>', 'best, newest, or the step of one (default: newest)').argParser(choose);
}

export interface DeviceOptions {
  readonly device?: (typeof nodeDevices)[number];
  readonly threads?: number;
  readonly passes?: PassSelection;
}

export function addDeviceOptions(command: Command): Command {
  return command
    .addOption(new Option('--device <name>', 'where to compute (default: cpu)').choices(nodeDevices))
    .option('--threads <n>', 'threads on the CPU (default: all)', wholeNumber(1))
    .addOption(passesOption("default: the run's, and all in a new run"));
}

/** Which rewrites programs go through; `default` is a note on what happens without it. */
export function passesOption(otherwise: string): Option {
  const choose = (text: string): PassSelection =>
    text === 'all' || text === 'none' ? text : text.split(',').map((name) => name.trim());
  return new Option(
    '--passes <all|none|name,…>',
    `rewrites that make programs faster; results differ by rounding (${otherwise})`,
  ).argParser(choose);
}

/** Adds an example to a command's help. */
export function withExample(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExample:\n${lines.map((line) => `  $ ${line}`).join('\n')}`);
}
