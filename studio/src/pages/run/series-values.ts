/** The points of a run's curves that one of its events holds, under the names of the server's series. */

import type { RunEvent } from '../../../../src/server/api.ts';

type Value = readonly [name: string, value: number | null];

/** null: a number that is not finite, which the log writes as text. */
export function seriesValues(event: RunEvent): readonly Value[] {
  switch (event.type) {
    case 'step':
      return numbersIn(event, ['seq', 'step', 'imagesSeen']);
    case 'analysis':
      return [
        ...numbersIn(event, ['seq', 'step', 'distinctLabels', 'images']),
        ...numbersIn(event.gamma).map(([name, value]): Value => [`gamma/${name.replace(/\.gamma$/, '')}`, value]),
        ...entriesOf(event.spectra).flatMap(([name, spectrum]): readonly Value[] => {
          const [, largest] = entriesOf(spectrum).find(([key]) => key === 'raw') ?? [];
          return Array.isArray(largest) ? [[`sigma/${name.replace(/\.weight$/, '')}`, numberOf(largest[0])]] : [];
        }),
        ...numbersIn(event.heldOut, ['images']).map(([name, value]): Value => [`heldOut/${name}`, value]),
      ];
    case 'evaluation':
      return numbersIn(event.scores).map(([name, value]): Value => [`score/${name}`, value]);
    default:
      return [];
  }
}

function numbersIn(value: unknown, except: readonly string[] = []): readonly Value[] {
  return entriesOf(value).flatMap(([name, member]): readonly Value[] =>
    except.includes(name) || !isNumber(member) ? [] : [[name, numberOf(member)]],
  );
}

const entriesOf = (value: unknown) => (typeof value === 'object' && value !== null ? Object.entries(value) : []);
const notFinite: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity']);
const isNumber = (value: unknown) => typeof value === 'number' || notFinite.has(value);
const numberOf = (value: unknown) => (typeof value === 'number' ? value : null);
