#!/usr/bin/env node
/** The command line. Exit codes: 0 done, 2 the user can mend it, 70 a defect of Sagan, 130 and 143 stopped by a signal. */

import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { packageVersion } from '../api/software.ts';
import { UserError } from '../base/errors.ts';
import { commands } from './commands.ts';

const mostColumns = 100;

async function createProgram(): Promise<Command> {
  const program = new Command('sagan')
    .description('Generative adversarial networks that attend.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .exitOverride()
    .enablePositionalOptions() // What follows the name of a command is for it, at every level.
    .configureOutput({
      getOutHelpWidth: () => Math.min(process.stdout.columns ?? mostColumns, mostColumns),
      getErrHelpWidth: () => Math.min(process.stderr.columns ?? mostColumns, mostColumns),
      outputError: (message, write) => write(pc.red(message)),
    })
    .addHelpText('after', '\nExample:\n  $ sagan train --preset sagan-mnist-mini --data mnist --out runs/first');
  const called = commands.get(process.argv[2] ?? '');
  for (const create of called ? [called] : commands.values()) {
    program.addCommand(inheriting(await create(), program));
  }
  return program;
}

/** A command and those below it, with the settings of the one above: they were put together before they had one. */
function inheriting(command: Command, above: Command): Command {
  command.copyInheritedSettings(above);
  for (const inner of command.commands) inheriting(inner, command);
  return command;
}

/** What a failure costs: its message, and the exit code. */
function report(error: unknown): number {
  // Commander has printed its own message by now; help and version are no failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UserError) {
    console.error(pc.red(`error: ${error.message}`));
    return 2;
  }
  console.error(error);
  console.error(pc.red('this is a defect of Sagan; please report it with the lines above'));
  return 70;
}

process.on('uncaughtException', (error) => process.exit(report(error)));
// Whoever reads the output may have seen enough.
process.stdout.on('error', (error) => process.exit('code' in error && error.code === 'EPIPE' ? 0 : report(error)));

try {
  await (await createProgram()).parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
