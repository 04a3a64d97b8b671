/** Files that others publish: downloaded so that what broke off goes on, and checked before anything uses them. */

import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fsyncSync, mkdirSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from '../base/errors.ts';

/** What its publisher promises of a file. */
export interface PublishedFile {
  readonly url: string;
  readonly sizeBytes: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

export interface ObtainOptions {
  /** A file, or an address in place of the published one. */
  readonly from?: string | undefined;
  /** The file that a download grows in. */
  readonly part: string;
  /** What messages call the file, such as `archive`. */
  readonly noun: string;
  /** What takes a file in place of a download, such as `sagan data fetch cifar10`. */
  readonly command: string;
  /** How much has arrived. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/**
 * Brings a published file to this machine and returns where it lies, checked: at `from`, where that is a file, else at
 * `part`, which the caller moves or removes. A download that broke off goes on where it stopped.
 *
 * Throws a UserError where the file cannot be had, or where its bytes are not those that were published; what was
 * downloaded is then removed, so that the next attempt starts anew.
 */
export async function obtain(published: PublishedFile, options: ObtainOptions): Promise<string> {
  const { from = published.url, part } = options;
  if (!/^https?:\/\//.test(from)) {
    await check(published, options, from, resolve(from));
    return resolve(from);
  }
  await download(published, options, from);
  try {
    await check(published, options, from, part);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
  return part;
}

/** SHA-256 of a file of any size, 64 hexadecimal digits. Throws the system's own error where it cannot be read. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/** What went wrong, from its root: `fetch` says only that it failed, and keeps why as the cause. */
export function reasonOf(error: unknown): string {
  const root = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return root instanceof Error ? root.message || root.name : String(root);
}

/** Brings what `url` holds into the file `part`, from where an earlier attempt stopped. */
async function download(published: PublishedFile, options: ObtainOptions, url: string): Promise<void> {
  const { sizeBytes, sha256 } = published;
  const { part, noun, command, onProgress } = options;
  try {
    mkdirSync(dirname(part), { recursive: true });
    const have = statSync(part, { throwIfNoEntry: false })?.size ?? 0;
    if (have >= sizeBytes) return;
    const response = await fetch(url, { headers: { 'accept-encoding': 'identity', range: `bytes=${have}-` } });
    if (response.status === 416) rmSync(part, { force: true }); // What is there is longer than what the server has.
    if (!response.ok || response.body === null) {
      throw new Error(`the server answers ${response.status} ${response.statusText}`);
    }
    const goesOn = response.status === 206;
    let done = goesOn ? have : 0;
    const file = openSync(part, goesOn ? 'a' : 'w');
    try {
      for await (const chunk of response.body) {
        done += chunk.length;
        if (done > sizeBytes) throw new Error('the server sends more than that');
        writeFileSync(file, chunk);
        onProgress?.(done, sizeBytes);
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (done < sizeBytes) throw new Error(`the server ended after ${done} bytes`);
  } catch (error) {
    throw new UserError(
      `${url}: cannot be downloaded to ${part} (${reasonOf(error)}); expected the ${noun} of ${sizeBytes} bytes with the ` +
        `SHA-256 ${sha256}. Check the network and the disk, and call again: the download goes on where it stopped. ` +
        `Or download it elsewhere and pass it: ${command} --from FILE`,
    );
  }
}

/** Throws a UserError unless `file`, which came from `from`, holds the bytes that were published. */
async function check(published: PublishedFile, { noun }: ObtainOptions, from: string, file: string): Promise<void> {
  const { url, sizeBytes, sha256 } = published;
  let seen: { readonly sizeBytes: number; readonly sha256: string };
  try {
    seen = { sha256: await sha256OfFile(file), sizeBytes: statSync(file).size };
  } catch (error) {
    throw new UserError(
      `${file}: cannot be read (${reasonOf(error)}); expected the ${noun} of ${url}. Check the path.`,
    );
  }
  if (seen.sha256 === sha256) return;
  throw new UserError(
    `${from}: the ${noun} has ${seen.sizeBytes} bytes and the SHA-256 ${seen.sha256}; expected ${sizeBytes} bytes and ` +
      `${sha256}, those of ${url}. It is cut short, damaged or another, and was not used. Download it again.`,
  );
}
