import { Command } from 'commander';
import pc from 'picocolors';
import { type AvailableFeatures, type FeaturesReport, listFeatures } from '../api/fetch-features.ts';
import { featuresFetchCommand } from './features-fetch.ts';
import { type JsonOption, jsonOption, withExample } from './options.ts';
import { saganCommand } from './sagan-command.ts';

/** `sagan features` */
export function featuresCommand(): Command {
  const command = new Command('features')
    .summary('show by what networks images can be scored')
    .description(
      'Show by what networks images can be scored, which of their weights are on this machine, and where they were looked for.',
    )
    .addOption(jsonOption())
    .action(runFeatures)
    .addCommand(featuresFetchCommand());
  return withExample(command, 'sagan features', 'sagan features fetch inception');
}

function runFeatures({ json }: JsonOption): void {
  const report = listFeatures();
  console.log(json ? JSON.stringify(report) : reportText(report));
}

function reportText({ features, lookedIn }: FeaturesReport): string {
  const looked = lookedIn.map((folder) => `  ${folder}`);
  return [...features.flatMap(featuresText), 'weights are looked for in', ...looked].join('\n');
}

function featuresText({ name, what, files, testAccuracy }: AvailableFeatures): string[] {
  const missing = Object.keys(files).filter((network) => files[network] === undefined);
  const found = Object.values(files).filter((file) => file !== undefined);
  const fetch = missing.map((network) => `${saganCommand()} features fetch ${network}`).join(' && ');
  return [
    `${pc.bold(name)}: ${what}`,
    ...(testAccuracy === undefined ? [] : [`  names ${(100 * testAccuracy).toFixed(1)} % of the test images rightly`]),
    ...found.map((file) => `  ${file}`),
    ...(fetch === '' ? [] : [pc.yellow(`  not here: ${missing.join(', ')}; fetch with: ${fetch}`)]),
  ];
}
