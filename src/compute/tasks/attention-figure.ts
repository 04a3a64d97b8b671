/** The figure of what the attention page shows, to be downloaded. */

import { z } from 'zod';
import { drawAttention, figureFormatNames } from '../../api/attention.ts';
import { chosenBlocks } from '../../api/attention-network.ts';
import { attentionRequest, study } from '../attention-request.ts';
import { task } from '../task.ts';

const mediaTypes = { png: 'image/png', svg: 'image/svg+xml', html: 'text/html' } as const;

export const attentionFigureTask = task({
  request: attentionRequest.extend({
    format: z.enum(figureFormatNames),
    /** Names of the blocks to show, a row each; default: all. */
    blocks: z.array(z.string()).min(1).max(64).optional(),
  }),
  async run({ format, blocks, ...request }, context) {
    const seen = await study(request, context);
    const found = seen.images[0]?.learned.blocks ?? [];
    if (blocks !== undefined) chosenBlocks(seen.run, seen.network, found, blocks);
    // Without pins the figure chooses its own.
    const pins = request.pins.length === 0 ? undefined : request.pins;
    const bytes = await drawAttention({ ...seen, blocks, pins }, format);
    return {
      file: context.file({ name: `${request.place.run}-attention.${format}`, type: mediaTypes[format], bytes }),
    };
  },
});
