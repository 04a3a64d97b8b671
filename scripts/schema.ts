/** Writes the JSON Schema of the config to sagan.schema.json, where editors and the package's "./schema" find it. */
import { writeFileSync } from 'node:fs';
import { configJsonSchema } from '../src/train/index.ts';

writeFileSync(new URL('../sagan.schema.json', import.meta.url), `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
