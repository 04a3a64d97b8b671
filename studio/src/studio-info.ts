/** What the server says of itself; asked once. */
import type { Studio } from '../../src/server/api.ts';
import { api } from './api.ts';
import { type Asked, useRequest } from './use-request.ts';

let known: Promise<Studio> | undefined;

/** Version, runs' folder, presets and the config's schema. */
export function useStudio(): Asked<Studio> {
  return useRequest('studio', () => {
    known ??= api.studio();
    known.catch(() => {
      known = undefined;
    });
    return known;
  });
}
