import { Command } from 'commander';
import pc from 'picocolors';
import { UserError } from '../base/errors.ts';
import { presets } from '../train/index.ts';
import { type JsonOption, jsonOption, withExample } from './options.ts';

/** `sagan presets` */
export function presetsCommand(): Command {
  const command = new Command('presets')
    .summary('list the recipes')
    .description('List the presets: complete recipes to train by.')
    .argument('[words...]', 'only those whose name has all of these, such as "biggan" or "mini"')
    .addOption(jsonOption())
    .action(runPresets);
  return withExample(command, 'sagan presets', 'sagan presets cifar10');
}

function runPresets(words: readonly string[], { json }: JsonOption): void {
  const found = presets.filter(({ name }) => words.every((word) => name.includes(word)));
  if (found.length === 0) {
    throw new UserError(
      `no preset has ${words.join(' and ')} in its name; "sagan presets" lists all ${presets.length}.`,
    );
  }
  if (json) console.log(JSON.stringify({ presets: found }));
  else for (const { name, summary } of found) console.log(`${pc.bold(name)}\n  ${summary}`);
}
