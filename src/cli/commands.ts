/** The commands, in the order of the help. */

import type { Command } from 'commander';
import { dataCommand } from './data.ts';
import { describeCommand } from './describe.ts';
import { presetsCommand } from './presets.ts';
import { sampleCommand } from './sample.ts';
import { schemaCommand } from './schema.ts';
import { trainCommand } from './train.ts';

export const commands: readonly (() => Command)[] = [
  trainCommand,
  sampleCommand,
  dataCommand,
  describeCommand,
  presetsCommand,
  schemaCommand,
];
