/** The commands, in the order of the help. */

import type { Command } from 'commander';
import { ablateCommand } from './ablate.ts';
import { attendCommand } from './attend.ts';
import { compareCommand } from './compare.ts';
import { curvesCommand } from './curves.ts';
import { dataCommand } from './data.ts';
import { describeCommand } from './describe.ts';
import { evaluateCommand } from './evaluate.ts';
import { featuresCommand } from './features.ts';
import { importCommand } from './import.ts';
import { presetsCommand } from './presets.ts';
import { profileCommand } from './profile.ts';
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
  evaluateCommand,
  curvesCommand,
  ablateCommand,
  compareCommand,
  dataCommand,
  featuresCommand,
  describeCommand,
  profileCommand,
  presetsCommand,
  schemaCommand,
];
