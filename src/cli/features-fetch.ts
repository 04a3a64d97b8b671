import { Argument, Command } from 'commander';
import pc from 'picocolors';
import { fetchFeatures } from '../api/fetch-features.ts';
import { findPublishedWeights, publishedWeights } from '../metrics/index.ts';
import { downloadProgress } from './download-progress.ts';
import { formatBytes, formatTable } from './figures.ts';
import { type JsonOption, jsonOption, withExample } from './options.ts';

interface FetchCommandOptions extends JsonOption {
  readonly out?: string;
  readonly from?: string;
}

/** `sagan features fetch` */
export function featuresFetchCommand(): Command {
  const names = publishedWeights.map(({ name }) => name).join(', ');
  const command = new Command('fetch')
    .summary('download published weights')
    .description(
      'Download the weights of a network and check them against the SHA-256 of those that were published. What broke off ' +
        'goes on where it stopped.',
    )
    .addArgument(new Argument('<weights>', names))
    .option('--out <file>', 'where to put them (default: in the cache, where evaluation finds them)')
    .option('--from <file or URL>', 'take them from here')
    .addOption(jsonOption())
    .action(runFetch)
    .addHelpText('after', () => `\nWeights:\n${weightsText()}`);
  return withExample(
    command,
    'sagan features fetch inception',
    'sagan features fetch inception --from pt_inception-2015-12-05-6726825d.pth',
  );
}

async function runFetch(name: string, { out, from, json }: FetchCommandOptions): Promise<void> {
  const weights = findPublishedWeights(name);
  const progress = json ? undefined : downloadProgress();
  const options = { out, from, onProgress: progress?.show };
  const fetched = await fetchFeatures(weights, options).finally(() => progress?.end());
  if (json) {
    console.log(JSON.stringify(fetched));
    return;
  }
  console.log(`${pc.bold(name)} is ${fetched.isNew ? '' : 'already '}in ${fetched.file}, checked`);
}

function weightsText(): string {
  return formatTable(
    publishedWeights.map(({ name, what, sizeBytes }) => [`  ${name}`, what, formatBytes(sizeBytes)]),
    2,
  );
}
