/** What ONNX Runtime's arena of memory comes to while pieces of it are taken and given back. */

/** Memory that is taken before the `from`-th node of a program and given back after the `until`-th. */
export interface Lifetime {
  readonly bytes: number;
  readonly from: number;
  readonly until: number;
}

const alignment = 256;
const firstRegionBytes = 2 ** 20;
/** A free chunk is handed out whole unless it is twice what is asked for, or larger by this. */
const largestWaste = 2 ** 27;
/** What is touched of a region is known to so many parts of it. */
const parts = 4096;

interface Chunk {
  readonly start: number;
  size: number;
  isFree: boolean;
}

interface Region {
  readonly size: number;
  /** Side by side from the first byte to the last. */
  readonly chunks: Chunk[];
  readonly touched: Uint8Array;
}

interface Place {
  readonly region: Region;
  readonly chunk: Chunk;
}

/** Takings and givings in their order; what is given back at a node comes before what is taken there. */
export function changesOf<P extends Lifetime>(pieces: readonly P[]): { at: number; piece: P; isTaken: boolean }[] {
  return pieces
    .flatMap((piece) => [
      { at: piece.from, piece, isTaken: true },
      { at: piece.until + 1, piece, isTaken: false },
    ])
    .sort((a, b) => a.at - b.at || Number(a.isTaken) - Number(b.isTaken));
}

/**
 * The bytes of its arena that a program touches, which the process then keeps: more than it holds at any one time, as there
 * are gaps where nothing fits. The arena (ONNX Runtime's BFCArena with its defaults) takes the smallest free chunk that is
 * large enough, or else a new region, twice as large as the last.
 */
export function touchedBytes(pieces: readonly Lifetime[]): number {
  const regions: Region[] = [];
  const places = new Map<Lifetime, Place>();
  let nextBytes = firstRegionBytes;
  const grow = (bytes: number): Place => {
    const isTooSmall = bytes > nextBytes;
    while (bytes > nextBytes) nextBytes *= 2;
    const chunk = { start: 0, size: nextBytes, isFree: true };
    const region = { size: nextBytes, chunks: [chunk], touched: new Uint8Array(parts) };
    regions.push(region);
    if (!isTooSmall) nextBytes *= 2;
    return { region, chunk };
  };
  for (const { piece, isTaken } of changesOf(pieces.filter(({ bytes }) => bytes > 0))) {
    const bytes = alignment * Math.ceil(piece.bytes / alignment);
    const place = places.get(piece) ?? bestFit(regions, bytes) ?? grow(bytes);
    places.set(piece, place);
    if (isTaken) take(place, bytes);
    else give(place);
  }
  const touchedParts = ({ touched }: Region) => touched.reduce((count, part) => count + part, 0);
  return regions.reduce((total, region) => total + (region.size / parts) * touchedParts(region), 0);
}

/** The smallest free chunk that is large enough, if there is one. */
function bestFit(regions: readonly Region[], bytes: number): Place | undefined {
  let best: Place | undefined;
  for (const region of regions) {
    for (const chunk of region.chunks) {
      const isBetter = best === undefined || chunk.size < best.chunk.size;
      if (chunk.isFree && chunk.size >= bytes && isBetter) best = { region, chunk };
    }
  }
  return best;
}

function take({ region: { size, chunks, touched }, chunk }: Place, bytes: number): void {
  chunk.isFree = false;
  if (chunk.size >= 2 * bytes || chunk.size - bytes >= largestWaste) {
    const rest = { start: chunk.start + bytes, size: chunk.size - bytes, isFree: true };
    chunks.splice(chunks.indexOf(chunk) + 1, 0, rest);
    chunk.size = bytes;
  }
  const partOf = (byte: number) => (byte * parts) / size;
  touched.fill(1, Math.floor(partOf(chunk.start)), Math.ceil(partOf(chunk.start + bytes)));
}

/** Frees a chunk, and makes one of it and the free ones beside it. */
function give({ region: { chunks }, chunk: freed }: Place): void {
  freed.isFree = true;
  const at = chunks.indexOf(freed);
  for (const left of [at, at - 1]) {
    const [chunk, next] = [chunks[left], chunks[left + 1]];
    if (chunk?.isFree !== true || next?.isFree !== true) continue;
    chunk.size += next.size;
    chunks.splice(left + 1, 1);
  }
}
