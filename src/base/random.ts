/**
 * Counter-based random numbers: every draw is a function of (seed, stream, position, index) and of nothing else, so a
 * resumed run draws what an uninterrupted one would have drawn, and no generator state is ever saved.
 *
 * Source: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", Philox4x32-10.
 */

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** High 32 bits of the product of two unsigned 32-bit integers. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const middleLow = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(middleLow / 0x10000)) >>> 0;
}

/** One Philox4x32-10 block: four 32-bit words for a 128-bit counter under a 64-bit key. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    const high1 = mulHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** FNV-1a, 32 bits: turns a stream's name into the second word of the key. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}

/**
 * The random numbers of one (seed, stream, position). `seed` and `position` are non-negative safe integers.
 *
 *     new Random(7, 'z', step).normal(64 * 128)   // the latents of that step, today and after a resume
 */
export class Random {
  private readonly key: readonly [number, number];
  private readonly positionLow: number;
  private readonly high: number;
  private block = 0;
  private words: readonly number[] = [];
  private nextWord = 4;

  constructor(seed: number, stream: string, position = 0) {
    for (const [name, value] of [
      ['seed', seed],
      ['position', position],
    ] as const) {
      if (!Number.isSafeInteger(value) || value < 0) {
        throw new RangeError(`Random: ${name} is ${value}; expected a non-negative integer below 2^53.`);
      }
    }
    this.key = [seed >>> 0, hashName(stream)];
    this.positionLow = position >>> 0;
    // 21 high bits of the seed and of the position, kept apart in the two upper counter words.
    this.high = Math.floor(position / 2 ** 32);
    this.seedHigh = Math.floor(seed / 2 ** 32);
  }

  private readonly seedHigh: number;

  /** The next word, uniform on 0 … 2^32 − 1. */
  uint32(): number {
    if (this.nextWord === 4) {
      this.words = philox([this.block, this.positionLow, this.high, this.seedHigh], this.key);
      this.block = (this.block + 1) >>> 0;
      this.nextWord = 0;
    }
    return this.words[this.nextWord++] ?? 0;
  }

  /** Uniform on (0, 1), with 32 bits: never 0 and never 1. */
  uniform(): number {
    return (this.uint32() + 0.5) / 2 ** 32;
  }

  /** Uniform on 0 … `bound` − 1, without modulo bias. */
  below(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
      throw new RangeError(`Random.below: bound is ${bound}; expected an integer from 1 to 2^32.`);
    }
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let word = this.uint32();
    while (word >= limit) word = this.uint32();
    return word % bound;
  }

  /** `count` draws from N(0, 1) by Box–Muller, rounded to float32. */
  normal(count: number): Float32Array<ArrayBuffer> {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(this.uniform()));
      const angle = 2 * Math.PI * this.uniform();
      values[i] = radius * Math.cos(angle);
      if (i + 1 < count) values[i + 1] = radius * Math.sin(angle);
    }
    return values;
  }

  /** `count` integers, uniform on 0 … `bound` − 1. */
  integers(count: number, bound: number): Int32Array<ArrayBuffer> {
    return Int32Array.from({ length: count }, () => this.below(bound));
  }

  /** A uniformly random ordering of 0 … `length` − 1 (Fisher–Yates). */
  permutation(length: number): Uint32Array<ArrayBuffer> {
    const order = Uint32Array.from({ length }, (_, i) => i);
    for (let i = length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const held = order[i] ?? 0;
      order[i] = order[j] ?? 0;
      order[j] = held;
    }
    return order;
  }
}
