/** Training: what a run is, its steps, its loop. */

export { type Analysis, Analyser, type Spectrum } from './analysis.ts';
export {
  applySetting,
  type Config,
  type ConfigInput,
  configJsonSchema,
  configSchema,
  parseConfig,
} from './config.ts';
export { type LoopEvent, loop, type Schedule } from './loop.ts';
export { findPreset, type Preset, presets } from './presets.ts';
export { DivergenceError, type StepReport, Trainer, type TrainerOptions } from './trainer.ts';
