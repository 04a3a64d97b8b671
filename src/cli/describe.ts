import { Command } from 'commander';
import pc from 'picocolors';
import { type Description, describe } from '../api/describe.ts';
import type { NetworkDescription } from '../inspect/index.ts';
import { formatBytes, formatCount, formatScaled, formatTable } from './figures.ts';
import { type JsonOption, jsonOption, withExample } from './options.ts';

/** `sagan describe` */
export function describeCommand(): Command {
  const command = new Command('describe')
    .summary("show a model's layers, parameters and costs")
    .description('Show the layers of both networks, their parameters, and what a training step costs.')
    .argument('<preset|run>', 'name of a preset, or folder of a run')
    .addOption(jsonOption())
    .action(runDescribe);
  return withExample(command, 'sagan describe sagan-imagenet-128', 'sagan describe runs/first --json');
}

function runDescribe(name: string, { json }: JsonOption): void {
  const description = describe(name);
  console.log(json ? JSON.stringify(description) : describedText(description));
}

function describedText(description: Description): string {
  const { name, model, source, images, latentDim, batch, generator, discriminator, step } = description;
  return [
    `${pc.bold(name)}: ${model} (${source})`,
    `images ${images.resolution}×${images.resolution}×${images.channels}, ${formatCount(images.classes)} classes, ` +
      `latents of ${latentDim} numbers`,
    '',
    networkText('generator', generator),
    '',
    networkText('discriminator', discriminator),
    '',
    `a training step of ${batch} images: ${formatScaled(step.flops)}FLOP`,
    `a checkpoint: ${formatBytes(step.stateBytes)}`,
    `memory to train with this batch on the CPU: about ${formatBytes(step.processBytes)}, and the images; some 0.1 GB more for sample sheets`,
  ].join('\n');
}

function networkText(name: string, { parameters, layers }: NetworkDescription): string {
  const rows = layers.map((layer) => [`  ${layer.path}`, layer.outputShape.join('×'), formatCount(layer.parameters)]);
  return formatTable([[pc.bold(name), 'output', 'parameters'], ...rows, ['  in all', '', formatCount(parameters)]], 2);
}
