/** Makes tar archives, good and bad. */

export interface TarEntry {
  readonly name: string;
  readonly content?: string | Uint8Array;
  /** '0' a file, '1' and '2' links, '5' a folder. */
  readonly kind?: string;
  /** Written over the header from this byte on, before its sum is taken. */
  readonly overwrite?: { readonly at: number; readonly text: string };
}

/** An archive of these entries with its mark of the end. */
export function tarArchive(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(tarEntry), Buffer.alloc(1024)]);
}

function tarEntry({ name, content = '', kind = '0', overwrite }: TarEntry): Buffer[] {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(512);
  header.write(name, 0, 'latin1');
  header.write('0000644\0', 100, 'latin1');
  header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.write(' '.repeat(8), 148, 'latin1');
  header.write(kind, 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  if (overwrite !== undefined) header.write(overwrite.text, overwrite.at, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(7, '0')}\0`, 148, 'latin1');
  return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
}
