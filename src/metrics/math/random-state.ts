/**
 * numpy's legacy `RandomState`, as far as scores are defined by it: their published programs draw splits and subsets with it.
 *
 * Source: Matsumoto, Nishimura 1998, "Mersenne Twister", MT19937 with the initialisation of 2002; numpy's
 * `random/mtrand.pyx`, whose legacy streams are frozen.
 */

const words = 624;
const shift = 397;

/** `np.random.RandomState(seed)`. Throws RangeError unless `seed` is an integer of 0 … 2^32 − 1. */
export class RandomState {
  private readonly state = new Uint32Array(words);
  private next = words;
  private secondNormal: number | undefined;

  constructor(seed: number) {
    if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
      throw new RangeError(
        `RandomState: the seed is ${seed}; expected an integer from 0 to 2^32 − 1, as numpy takes it.`,
      );
    }
    let word = seed;
    for (let i = 0; i < words; i++) {
      this.state[i] = word;
      word = Math.imul(1812433253, word ^ (word >>> 30)) + i + 1;
    }
  }

  /** The next word, uniform on 0 … 2^32 − 1: `randint(0, 2**32, dtype=np.uint32)`. */
  uint32(): number {
    if (this.next === words) this.twist();
    let y = this.state[this.next++] ?? 0;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** `random_sample()`: uniform on 0 … 1 without 1, with 53 bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    return (high * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53;
  }

  /** `standard_normal()`: Marsaglia's polar method, whose second number is that of the next call. */
  normal(): number {
    const kept = this.secondNormal;
    this.secondNormal = undefined;
    if (kept !== undefined) return kept;
    for (;;) {
      const [x, y] = [2 * this.uniform() - 1, 2 * this.uniform() - 1];
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const stretch = Math.sqrt((-2 * Math.log(square)) / square);
      this.secondNormal = stretch * x;
      return stretch * y;
    }
  }

  /** `randint(0, bound)`. */
  below(bound: number): number {
    return bound === 1 ? 0 : this.upTo(bound - 1);
  }

  /** `permutation(length)`: Fisher–Yates from the end. */
  permutation(length: number): Uint32Array<ArrayBuffer> {
    const order = Uint32Array.from({ length }, (_, i) => i);
    for (let i = length - 1; i > 0; i--) {
      const j = this.upTo(i);
      const held = order[i] ?? 0;
      order[i] = order[j] ?? 0;
      order[j] = held;
    }
    return order;
  }

  /** `choice(length, size, replace=False)`: `size` different numbers of 0 … `length` − 1. Throws RangeError if it has not as many. */
  choice(length: number, size: number): Uint32Array<ArrayBuffer> {
    if (size > length)
      throw new RangeError(`RandomState.choice: ${size} of ${length} without replacement; expected at most ${length}.`);
    return this.permutation(length).subarray(0, size);
  }

  /** Uniform on 0 … `last`: words are cut to as many bits as `last` has, and those that are still too large are drawn again. */
  private upTo(last: number): number {
    const mask = 0xffffffff >>> Math.clz32(last);
    let value = (this.uint32() & mask) >>> 0;
    while (value > last) value = (this.uint32() & mask) >>> 0;
    return value;
  }

  private twist(): void {
    const { state } = this;
    for (let i = 0; i < words; i++) {
      const y = ((state[i] ?? 0) & 0x80000000) | ((state[(i + 1) % words] ?? 0) & 0x7fffffff);
      state[i] = (state[(i + shift) % words] ?? 0) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.next = 0;
  }
}
