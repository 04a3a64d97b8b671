import { Argument, Command } from 'commander';
import pc from 'picocolors';
import { fetchDataset } from '../api/fetch-dataset.ts';
import { archives, findArchive } from '../data/index.ts';
import { downloadProgress } from './download-progress.ts';
import { type JsonOption, jsonOption, withExample } from './options.ts';
import { saganCommand } from './sagan-command.ts';

interface FetchCommandOptions extends JsonOption {
  readonly out?: string;
  readonly from?: string;
}

/** `sagan data fetch` */
export function dataFetchCommand(): Command {
  const names = archives.map(({ name }) => name).join(', ');
  const command = new Command('fetch')
    .summary('download a published dataset')
    .description('Download the archive of a published dataset, check it against its published sum, and unpack it.')
    .addArgument(new Argument('<dataset>', names))
    .option('--out <folder>', 'folder for its files (default: in the cache, where its name alone finds it)')
    .option('--from <file or URL>', 'take the archive from here')
    .addOption(jsonOption())
    .action(runFetch);
  return withExample(command, 'sagan data fetch cifar10', 'sagan data fetch cifar10 --from cifar-10-binary.tar.gz');
}

async function runFetch(name: string, { out, from, json }: FetchCommandOptions): Promise<void> {
  const archive = findArchive(name);
  const progress = json ? undefined : downloadProgress();
  const fetched = await fetchDataset(archive, { out, from, onProgress: progress?.show }).finally(() => progress?.end());
  if (json) {
    console.log(JSON.stringify(fetched));
    return;
  }
  const source = out === undefined ? name : `${name}:${fetched.folder}`;
  console.log(`${pc.bold(name)} is ${fetched.isNew ? '' : 'already '}in ${fetched.folder}, checked`);
  console.log(`a look at it: ${saganCommand()} data ${source}`);
}
