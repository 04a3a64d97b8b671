import { Command } from 'commander';
import { configJsonSchema } from '../train/index.ts';
import { withExample } from './options.ts';

/** `sagan schema` */
export function schemaCommand(): Command {
  const command = new Command('schema')
    .summary('print the JSON Schema of the config')
    .description('Print the JSON Schema of the config, by which editors complete and check config files.')
    .action(() => console.log(JSON.stringify(configJsonSchema(), null, 2)));
  return withExample(command, 'sagan schema > sagan.schema.json');
}
