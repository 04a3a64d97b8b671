/** Training: what a run is, its steps, its loop. */

export { Analyser, type Analysis, type Spectrum } from './analysis.ts';
export {
  applySetting,
  type Config,
  type ConfigInput,
  configJsonSchema,
  configSchema,
  parseConfig,
} from './config.ts';
export { type LoopEvent, loop, type Oversight, type ReturnPoint, type Schedule } from './loop.ts';
export { findPreset, type Preset, presets } from './presets.ts';
export type { Inbox } from './requests.ts';
export { parseSavedConfig } from './saved-config.ts';
export type { StepReport } from './step-report.ts';
export { traceTraining } from './trace-training.ts';
export { DivergenceError, Trainer, type TrainerOptions } from './trainer.ts';
export { type Cleared, type Finding, type Severity, Watch, type WatchMemory } from './watch.ts';
export { type Progress, readProgress } from './watch-progress.ts';
export type { FindingKind } from './watch-signs.ts';
