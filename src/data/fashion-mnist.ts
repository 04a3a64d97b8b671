/** Fashion-MNIST. Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747. */

import { UserError } from '../base/errors.ts';
import { holdsTestSplit, openIdxFolder } from './idx-folder.ts';
import type { DatasetOpener } from './opener.ts';

const prefix = 'fashion-mnist:';

/** Table 2 of the paper. */
const classNames = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

/** 60,000 pieces of clothing to train on, 10,000 to test, 28x28, grey, padded to 32x32. */
export const fashionMnist: DatasetOpener = {
  name: 'fashion-mnist',
  accepts: (name) => name === 'fashion-mnist' || name.startsWith(prefix),
  hasTestSplit: (name) => holdsTestSplit(name.slice(prefix.length)),
  async open(name, options) {
    const folder = name.slice(prefix.length);
    if (folder === '') {
      throw new UserError(
        `Dataset ${name}: no folder is named; expected fashion-mnist:FOLDER, the folder of its four IDX files. ` +
          'On Debian and Ubuntu, install dataset-fashion-mnist and pass fashion-mnist:/usr/share/datasets/fashion-mnist.',
      );
    }
    return openIdxFolder('fashion-mnist', folder, options, classNames);
  },
};
