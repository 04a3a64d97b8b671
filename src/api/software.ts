/** Which Sagan this is. */

import { createRequire } from 'node:module';
import { z } from 'zod';

/** The version of the package, as `0.1.0`. */
export function packageVersion(): string {
  // The same from src/api and from dist/api.
  const content: unknown = createRequire(import.meta.url)('../../package.json');
  return z.object({ version: z.string() }).parse(content).version;
}

/** As passports say it: `sagan 0.1.0`. */
export function softwareVersion(): string {
  return `sagan ${packageVersion()}`;
}
