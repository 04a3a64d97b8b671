/** The part of a config that says how a run is scored while it trains. */

import { z } from 'zod';

export const evaluationSchema = z.strictObject({
  everySteps: z
    .int()
    .min(0)
    .default(0)
    .describe('Steps between evaluations, of which the last follows the last step; 0 for none.'),
  metrics: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      'Metrics, as "sagan evaluate" names them; default: fid, and class-accuracy where the network knows the classes.',
    ),
  features: z
    .string()
    .optional()
    .describe(
      'Network that images are scored by: inception, mnist, fashion-mnist, or an ONNX file; default: the classifier of the ' +
        'dataset if one comes with Sagan, else inception.',
    ),
  protocol: z.string().optional().describe('Whose way of scoring; default: torch-fidelity.'),
  count: z.int().min(2).default(2000).describe('Images that are generated for an evaluation.'),
  against: z
    .string()
    .optional()
    .describe('Dataset, folder or file of statistics to compare with; default: the images that are trained on.'),
  keepBest: z
    .string()
    .optional()
    .describe('Score whose best checkpoint is kept beside the newest ones; default: the first of the first metric.'),
});
