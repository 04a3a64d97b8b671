/** The commands, in the order of the help. */

import type { Command } from 'commander';
import { attendCommand } from './attend.ts';
import { curvesCommand } from './curves.ts';
import { dataCommand } from './data.ts';
import { describeCommand } from './describe.ts';
import { featuresCommand } from './features.ts';
import { importCommand } from './import.ts';
import { presetsCommand } from './presets.ts';
import { quickstartCommand } from './quickstart.ts';
import { sampleCommand } from './sample.ts';
import { schemaCommand } from './schema.ts';
import { trainCommand } from './train.ts';

export const commands: readonly (() => Command)[] = [
  quickstartCommand,
  trainCommand,
  importCommand,
  sampleCommand,
  attendCommand,
  curvesCommand,
  dataCommand,
  featuresCommand,
  describeCommand,
  presetsCommand,
  schemaCommand,
];
