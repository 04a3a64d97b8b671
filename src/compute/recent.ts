/** Values that were slow to make, kept until others have been used more recently. */

interface Entry {
  readonly value: unknown;
  readonly release: () => void;
}

export class Recent {
  /** The least recently used first. */
  private readonly entries = new Map<string, Entry>();

  /** What `make` gives, or gave when the key was last asked for. A key stands for one type of value. */
  get<T>(key: string, make: () => T, release: (value: T) => void = () => undefined): T {
    const known = this.entries.get(key);
    if (known !== undefined) {
      this.entries.delete(key);
      this.entries.set(key, known);
      return known.value as T;
    }
    const value = make();
    this.entries.set(key, { value, release: () => release(value) });
    return value;
  }

  forget(key: string): void {
    this.entries.delete(key);
  }

  /** Releases all but the `most` that were used last. */
  trim(most: number): void {
    for (const [key, { release }] of [...this.entries].slice(0, Math.max(0, this.entries.size - most))) {
      this.entries.delete(key);
      release();
    }
  }
}
