/** The commands by name, in the order of the help. Each is loaded when it is called: one needs a part of the program only. */

import type { Command } from 'commander';

export const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['quickstart', async () => (await import('./quickstart.ts')).quickstartCommand()],
  ['train', async () => (await import('./train.ts')).trainCommand()],
  ['studio', async () => (await import('./studio.ts')).studioCommand()],
  ['control', async () => (await import('./control.ts')).controlCommand()],
  ['import', async () => (await import('./import.ts')).importCommand()],
  ['sample', async () => (await import('./sample.ts')).sampleCommand()],
  ['walk', async () => (await import('./walk.ts')).walkCommand()],
  ['attention', async () => (await import('./attention.ts')).attentionCommand()],
  ['evaluate', async () => (await import('./evaluate.ts')).evaluateCommand()],
  ['curves', async () => (await import('./curves.ts')).curvesCommand()],
  ['ablate', async () => (await import('./ablate.ts')).ablateCommand()],
  ['compare', async () => (await import('./compare.ts')).compareCommand()],
  ['data', async () => (await import('./data.ts')).dataCommand()],
  ['features', async () => (await import('./features.ts')).featuresCommand()],
  ['describe', async () => (await import('./describe.ts')).describeCommand()],
  ['profile', async () => (await import('./profile.ts')).profileCommand()],
  ['presets', async () => (await import('./presets.ts')).presetsCommand()],
  ['schema', async () => (await import('./schema.ts')).schemaCommand()],
]);
