/** A studio that starts a run (`toy`, in the folder and with the command line of its arguments) and then dies on the spot. */

import { Runs } from '../../src/server/runs/runs.ts';

const [folder = '', cli = ''] = process.argv.slice(2);
const runs = await Runs.open({ folder, cli });
await runs.create({ run: 'orphan', preset: 'toy', data: undefined, settings: [] });
process.kill(process.pid, 'SIGKILL');
