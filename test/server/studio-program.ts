/** A studio as a process of its own, so that tests can kill it: `studio-program.ts RUNS PORT PAGES`. It tells its parent its address. */

import { startStudio } from '../../src/server/start.ts';

const [runsFolder, port, assetsFolder] = process.argv.slice(2);
if (runsFolder === undefined) throw new Error('expected the folder of the runs');
const studio = await startStudio({ runsFolder, port: Number(port), assetsFolder });
process.send?.(studio.address);
process.once('disconnect', () => process.exit());
