/** All that is on disk for a run: what other rooms use of it. */

export { commitFolder, writeFileAtomic } from './atomic.ts';
export { type BestCheckpoint, findBestCheckpoint, isBetter, saveBestCheckpoint } from './best-checkpoint.ts';
export { canonicalJson, isJsonObject, type Json, type JsonObject, sha256 } from './canonical-json.ts';
export {
  type Checkpoint,
  type CheckpointToSave,
  configHash,
  listCheckpoints,
  loadCheckpoint,
  loadNewestCheckpoint,
  type RefusedCheckpoint,
  returnBefore,
  saveCheckpoint,
} from './checkpoint.ts';
export { type CheckpointChoice, loadChosenCheckpoint } from './choose-checkpoint.ts';
export { type Control, type LearningRates, parseControl } from './control.ts';
export { type ControlState, controlStateOf } from './control-state.ts';
export { type EventLog, type EventsRead, openEventLog, type RunEvent, readEvents } from './event-log.ts';
export { type FileSystem, nodeFileSystem } from './file-system.ts';
export { type Mailbox, openMailbox, pendingControls, type Refusal, sendControl } from './mailbox.ts';
export type { CheckpointScore } from './manifest.ts';
export { createRun, openRun, type Run } from './run-folder.ts';
export { type LockOwner, lockOwner, lockRun, type RunLock } from './run-lock.ts';
export { decodeSafetensors, encodeSafetensors, readSafetensors, type Safetensors } from './safetensors.ts';
