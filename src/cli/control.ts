import { Argument, Command, InvalidArgumentError } from 'commander';
import { UserError } from '../base/errors.ts';
import { type Control, openRun, sendControl } from '../store/index.ts';
import { type JsonOption, jsonOption, wholeNumber, withExample } from './options.ts';

const requests = ['pause', 'continue', 'advance', 'learning-rates', 'sample', 'checkpoint', 'stop'] as const;
type Request = (typeof requests)[number];

interface ControlCommandOptions extends JsonOption {
  readonly generator?: number;
  readonly discriminator?: number;
}

/** `sagan control` */
export function controlCommand(): Command {
  const command = new Command('control')
    .summary('pause a run in training, change its rates, stop it')
    .description(
      'Ask something of the process that trains a run, wherever it was started. It answers after the step in progress, and its ' +
        'log tells what became of it.',
    )
    .argument('<run>', 'folder of the run')
    .addArgument(new Argument('<request>', 'what is asked').choices(requests))
    .argument('[steps]', 'of advance: how many, before it pauses', wholeNumber(1))
    .option('--generator <rate>', 'of learning-rates: the generator’s from the next step on', positive)
    .option('--discriminator <rate>', 'of learning-rates: the discriminator’s', positive)
    .addOption(jsonOption())
    .action(runControl);
  return withExample(
    command,
    'sagan control runs/first pause',
    'sagan control runs/first advance 10',
    'sagan control runs/first learning-rates --generator 5e-5 --discriminator 2e-4',
  );
}

function positive(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Expected a number above 0, such as 1e-4.');
}

function runControl(
  path: string,
  request: Request,
  steps: number | undefined,
  { json, ...rates }: ControlCommandOptions,
): void {
  const control = controlOf(request, steps, rates);
  sendControl(openRun(path), control);
  console.log(json ? JSON.stringify({ run: path, asked: control }) : `asked of ${path}: ${request}`);
}

/** The request of a command line. Throws UserError where one is given what belongs to another, or lacks what it needs. */
function controlOf(request: Request, steps: number | undefined, rates: Omit<ControlCommandOptions, 'json'>): Control {
  const hasRates = rates.generator !== undefined || rates.discriminator !== undefined;
  if ((steps !== undefined) !== (request === 'advance')) {
    throw new UserError(
      request === 'advance'
        ? 'control: "advance" without a number of steps; expected one, such as: sagan control RUN advance 10.'
        : `control: a number of steps is given to "${request}"; expected it of "advance" alone. Leave it out.`,
    );
  }
  if (hasRates !== (request === 'learning-rates')) {
    throw new UserError(
      hasRates
        ? `control: rates are given to "${request}"; expected them of "learning-rates" alone. Leave them out.`
        : 'control: "learning-rates" without a rate; expected --generator, --discriminator, or both.',
    );
  }
  if (request === 'learning-rates') return { do: 'learningRates', ...rates };
  if (request === 'advance') return { do: request, steps: steps ?? 1 };
  return { do: request };
}
