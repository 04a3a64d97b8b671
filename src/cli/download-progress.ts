/** How much of a download has arrived: on one line of a terminal, or a line each tenth. */

import { formatBytes } from './figures.ts';
import { StatusBlock } from './status-block.ts';

export interface DownloadProgress {
  show(doneBytes: number, totalBytes: number): void;
  end(): void;
}

const progressText = (done: number, total: number) => `downloading: ${formatBytes(done)} of ${formatBytes(total)}`;

export function downloadProgress(): DownloadProgress {
  return process.stdout.isTTY ? terminalProgress() : plainProgress();
}

function terminalProgress(): DownloadProgress {
  const block = new StatusBlock(process.stdout);
  return { show: (done, total) => block.update([progressText(done, total)]), end: () => block.end() };
}

function plainProgress(): DownloadProgress {
  let shownTenths = -1;
  return {
    show(done, total) {
      const tenths = Math.floor((10 * done) / total);
      if (tenths > shownTenths) console.log(progressText(done, total));
      shownTenths = tenths;
    },
    end: () => undefined,
  };
}
