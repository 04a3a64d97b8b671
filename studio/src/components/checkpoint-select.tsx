import type { RunDetail } from '../../../src/server/api.ts';
import { count } from '../format.ts';
import { type Codec, wholeNumber } from '../query-codecs.ts';
import { Select } from './field.tsx';

export type Checkpoint = 'newest' | 'best' | number;

export const checkpointCodec: Codec<Checkpoint> = {
  parse: (read) => (read === 'newest' || read === 'best' ? read : wholeNumber(0).parse(read)),
  format: String,
};

/** The newest checkpoint of a run, its best, or one of those that are there. */
export function CheckpointSelect({
  detail: { checkpoints, bestCheckpoint },
  value,
  onInput,
}: {
  readonly detail: Pick<RunDetail, 'checkpoints' | 'bestCheckpoint'>;
  readonly value: Checkpoint;
  readonly onInput: (value: Checkpoint) => void;
}) {
  const known = checkpoints.toReversed();
  const gone = typeof value === 'number' && !known.includes(value) ? [value] : [];
  return (
    <Select
      label="Checkpoint"
      value={String(value)}
      options={[
        { value: 'newest', label: 'Newest' },
        ...(bestCheckpoint === undefined && value !== 'best' ? [] : [{ value: 'best', label: 'Best' }]),
        ...[...gone, ...known].map((step) => ({ value: String(step), label: `Step ${count(step)}` })),
      ]}
      onInput={(chosen) => onInput(checkpointCodec.parse(chosen) ?? 'newest')}
    />
  );
}
