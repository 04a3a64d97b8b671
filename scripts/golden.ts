/** Writes the state layouts in test/golden anew: `npx tsx scripts/golden.ts`, then read the difference before committing it. */

import { writeFileSync } from 'node:fs';
import { goldenFile, stateLayout } from '../test/golden/layout.ts';
import { modelRows } from '../test/tables/models.ts';

for (const row of modelRows) {
  for (const golden of row.golden) {
    writeFileSync(goldenFile(golden.file), `${JSON.stringify(stateLayout(row, golden), null, 2)}\n`);
    console.log(`test/golden/${golden.file}.json`);
  }
}
