/** The formats of image files: how they are named, and how they begin. */

import { UserError } from '../base/errors.ts';

export interface ImageFileFormat {
  readonly name: string;
  /** Lower case, with the dot. */
  readonly extensions: readonly string[];
  /** Of the first bytes, as Latin-1. */
  readonly signature: RegExp;
}

/** What datasets are made of. */
export const imageFormats: readonly ImageFileFormat[] = [
  { name: 'PNG', extensions: ['.png'], signature: /^\x89PNG\r\n/ },
  { name: 'JPEG', extensions: ['.jpg', '.jpeg'], signature: /^\xff\xd8\xff/ },
  { name: 'WebP', extensions: ['.webp'], signature: /^RIFF.{4}WEBP/s },
  { name: 'GIF', extensions: ['.gif'], signature: /^GIF8[79]a/ },
];

export const tiff: ImageFileFormat = {
  name: 'TIFF',
  extensions: ['.tif', '.tiff'],
  signature: /^(?:II[*+]\0|MM\0[*+])/,
};

/** `PNG, JPEG or GIF` */
export function formatNames(formats: readonly ImageFileFormat[]): string {
  const names = formats.map(({ name }) => name);
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/** Lets only bytes of `formats` reach a decoder, whatever a file is called. Throws UserError with the reason. */
export function checkSignature(bytes: Buffer, formats: readonly ImageFileFormat[]): void {
  if (bytes.length === 0) throw new UserError('the file is empty');
  const start = bytes.toString('latin1', 0, 12);
  if (!formats.some(({ signature }) => signature.test(start))) {
    throw new UserError(`not a ${formatNames(formats)} file: it starts with ${JSON.stringify(start)}`);
  }
}
