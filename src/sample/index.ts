/** Latents, and the sheets that show what a generator makes of them. */
export { type Generated, Generator, type GeneratorOptions } from './generator.ts';
export { type Board, type BoardOptions, board, latents, lerp, slerp } from './latents.ts';
export { type SampleSheetOptions, sampleSheet } from './sheet.ts';
export { toBytes } from './to-bytes.ts';
