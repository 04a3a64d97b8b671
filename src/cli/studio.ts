import { once } from 'node:events';
import { Command } from 'commander';
import pc from 'picocolors';
import { startStudio } from '../server/start.ts';
import { openBrowser } from './open-browser.ts';
import { wholeNumber, withExample } from './options.ts';
import { listenForStop } from './stop-signals.ts';

interface StudioCommandOptions {
  readonly port?: number;
  readonly open?: true;
  readonly host?: string;
  readonly allowRemote?: true;
}

/** `sagan studio` */
export function studioCommand(): Command {
  const command = new Command('studio')
    .summary('watch, steer and explore runs in the browser')
    .description(
      'Serve the studio: pages that show runs as they train, start and steer them, and explore what they have learnt. ' +
        'It ends with Ctrl-C; runs that train go on.',
    )
    .argument('[runs]', 'folder of the runs', 'runs')
    .option('--port <n>', 'where to listen (default: 4400, or the next that is free)', wholeNumber(0))
    .option('--open', 'open it in the browser')
    .option('--host <name>', 'the address of this machine to listen at (default: 127.0.0.1)')
    .option('--allow-remote', 'let --host be one that other machines can reach')
    .action(runStudio);
  return withExample(command, 'sagan studio --open', 'sagan studio experiments/ --port 8080');
}

async function runStudio(runsFolder: string, { port, host, open, allowRemote }: StudioCommandOptions): Promise<void> {
  const studio = await startStudio({ runsFolder, port, host, isRemoteAllowed: allowRemote });
  const { signal, exitCode } = listenForStop(() => {});
  if (allowRemote) {
    console.error(
      pc.yellow(
        'Other machines can reach this studio. Whoever has its address, or reads the traffic, which is not encrypted, can start ' +
          'and delete runs with your rights. A tunnel is safer: ssh -L 4400:127.0.0.1:4400 MACHINE',
      ),
    );
  }
  console.log(`The studio of ${runsFolder}: ${pc.bold(studio.address)}`);
  console.log('The address lets in whoever has it. Ctrl-C ends the studio; runs that train go on.');
  if (open && !(await openBrowser(studio.addressForOnce()))) {
    console.error(pc.yellow('There is nothing here that opens a browser. Open the address yourself.'));
  }
  if (!signal.aborted) await once(signal, 'abort');
  await studio.close();
  process.exitCode = exitCode();
}
