/** What a page shows, kept in its address: whoever gets the link sees the same. */
import { computed, type ReadonlySignal } from '@preact/signals';
import type { Codec } from './query-codecs.ts';
import { changeQuery, type HistoryStep, query } from './router.ts';

export interface QueryState<Value> extends ReadonlySignal<Value> {
  /** `push` (the default) for a step that the back button undoes, `replace` while something is dragged. */
  set(value: Value, how?: HistoryStep): void;
  /** Back to the default, which has no place in the address. */
  reset(how?: HistoryStep): void;
}

/** A parameter of the query as a signal. Make it once, beside the page, not within a component. */
export function queryState<Value>(name: string, codec: Codec<Value>, initial: Value): QueryState<Value> {
  const initialText = codec.format(initial);
  const read = computed(() => query.value.get(name));
  const value = computed(() => (read.value === undefined ? initial : (codec.parse(read.value) ?? initial)));
  const set = (next: Value, how: HistoryStep = 'push') => {
    const text = codec.format(next);
    changeQuery({ [name]: text === initialText ? undefined : text }, how);
  };
  return Object.assign(value, { set, reset: (how?: HistoryStep) => set(initial, how) });
}
