import { Command } from 'commander';
import { drawRunCurves } from '../api/curves.ts';
import { openRun, writeFileAtomic } from '../store/index.ts';
import { type JsonOption, jsonOption, withExample } from './options.ts';

/** `sagan curves` */
export function curvesCommand(): Command {
  const command = new Command('curves')
    .summary("draw a run's training curves")
    .description(
      "Draw a run's losses, the discriminator's logits, the gradient norms, all scores and analyses over steps; findings are marked.",
    )
    .argument('<run>', 'folder of the run, which may still be in training')
    .requiredOption('--out <file.png>', 'the picture')
    .addOption(jsonOption())
    .action(runCurves);
  return withExample(command, 'sagan curves runs/quickstart --out curves.png');
}

async function runCurves(path: string, { out, json }: JsonOption & { readonly out: string }): Promise<void> {
  writeFileAtomic(out, await drawRunCurves(openRun(path)));
  console.log(json ? JSON.stringify({ run: path, out }) : `curves of ${path}: ${out}`);
}
