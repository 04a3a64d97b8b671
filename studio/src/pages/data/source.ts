/** Which dataset the page is about, and what of it is shown; all of it stands in the address. */
import { computed, signal } from '@preact/signals';
import type { TaskRequest } from '../../../../src/compute/tasks/index.ts';
import { oneOf, text, wholeNumber } from '../../query-codecs.ts';
import { queryState } from '../../query-state.ts';

export type Source = TaskRequest<'dataset'>['source'];

export const initialResolution = 32;
export const imagesAPage = 60;

export const run = queryState('run', text, '');
export const name = queryState('data', text, '');
export const resolution = queryState('resolution', wholeNumber(1, 1024), initialResolution);
export const channels = queryState('channels', oneOf(['', '1', '3']), '');
/** Index of a class; −1 for all. */
export const chosenClass = queryState('class', wholeNumber(-1), -1);
/** From 1. */
export const page = queryState('page', wholeNumber(1), 1);
/** Index of the image that is looked at closely; −1 for the first that is shown. */
export const image = queryState('image', wholeNumber(-1), -1);

/** Counts how often somebody has asked to look again: the folder may have changed. */
export const looks = signal(0);

/** undefined while nothing is chosen. */
export const source = computed((): Source | undefined => {
  const look = looks.value;
  if (run.value !== '') return { of: 'run', run: run.value, look };
  if (name.value === '') return undefined;
  return {
    of: 'name',
    name: name.value,
    resolution: resolution.value,
    look,
    ...(channels.value !== '' && { channels: channels.value === '1' ? 1 : 3 }),
  };
});

/** Goes to another dataset, to its beginning. */
export function choose(
  chosen:
    | { readonly run: string }
    | { readonly name: string; readonly resolution: number; readonly channels: '' | '1' | '3' },
): void {
  for (const state of [chosenClass, page, image]) state.reset('replace');
  if ('run' in chosen) {
    for (const state of [name, resolution, channels]) state.reset('replace');
    run.set(chosen.run);
  } else {
    run.reset('replace');
    resolution.set(chosen.resolution, 'replace');
    channels.set(chosen.channels, 'replace');
    name.set(chosen.name);
  }
}

export function showClass(index: number): void {
  page.reset('replace');
  image.reset('replace');
  chosenClass.set(index);
}

export function showPage(number: number): void {
  image.reset('replace');
  page.set(number);
}
