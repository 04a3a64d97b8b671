import { Command } from 'commander';
import pc from 'picocolors';
import { presets } from '../train/index.ts';
import { type JsonOption, jsonOption, withExample } from './options.ts';

/** `sagan presets` */
export function presetsCommand(): Command {
  const command = new Command('presets')
    .summary('list the recipes')
    .description('List the presets: complete recipes to train by.')
    .addOption(jsonOption())
    .action(runPresets);
  return withExample(command, 'sagan presets');
}

function runPresets({ json }: JsonOption): void {
  if (json) console.log(JSON.stringify({ presets }));
  else for (const { name, summary } of presets) console.log(`${pc.bold(name)}\n  ${summary}`);
}
