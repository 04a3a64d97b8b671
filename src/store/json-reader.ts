/**
 * Reads JSON that a stranger may have written, one value at a time, as the caller expects it.
 *
 * Unlike JSON.parse it names the byte of every defect, refuses a key that occurs twice, refuses `__proto__`, and builds
 * nothing that the caller did not ask for: a hostile file costs no more memory than its own size.
 */

import { FormatError } from '../base/errors.ts';

const maxDepth = 64;
const maxNumberLength = 64;

export class JsonReader {
  private readonly file: string;
  /** One character a byte, so that positions are byte offsets. */
  private readonly text: string;
  private readonly base: number;
  private at = 0;
  private depth = 0;

  /** `bytes` must be valid UTF-8; `base` is the offset of their first byte in `file`. */
  constructor(file: string, bytes: Uint8Array, base: number) {
    this.file = file;
    this.text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    this.base = base;
  }

  /** The offset in the file of the next value. */
  get offset(): number {
    this.skipSpace();
    return this.base + this.at;
  }

  /** The next value is an object: calls `visit` with every key and its offset; `visit` must read the value. */
  object(what: string, visit: (key: string, offset: number) => void): void {
    const keys = new Set<string>();
    this.list(what, 'an object', '{', '}', () => {
      const { offset } = this;
      const key = this.string('a key');
      if (keys.has(key)) this.fail(`the key "${key}" occurs twice; expected every key once`, offset);
      if (key === '__proto__') this.fail('the key "__proto__" is not a name a file may use', offset);
      keys.add(key);
      this.expect(':');
      visit(key, offset);
    });
  }

  /** The next value is an array: calls `visit` for every item; `visit` must read it. */
  array(what: string, visit: () => void): void {
    this.list(what, 'an array', '[', ']', visit);
  }

  string(what: string): string {
    const { offset } = this;
    if (this.text[this.at] !== '"') this.fail(`${what} is ${this.seen()}; expected a string`, offset);
    let end = this.at + 1;
    while (this.text[end] !== '"') {
      if (end >= this.text.length) this.fail(`${what} is a string without an end`, offset);
      end += this.text[end] === '\\' ? 2 : 1;
    }
    const token = Buffer.from(this.text.slice(this.at, end + 1), 'latin1').toString('utf8');
    this.at = end + 1;
    let value: unknown;
    try {
      value = JSON.parse(token);
    } catch {
      this.fail(`${what} is a string with an escape or a control character that JSON forbids`, offset);
    }
    const text = String(value);
    if (/\p{Surrogate}/u.test(text)) this.fail(`${what} holds half a surrogate pair, which is no character`, offset);
    return text;
  }

  /** The next value is a whole number from 0 to 2^53 − 1, without sign, fraction or exponent. */
  integer(what: string): number {
    const { offset } = this;
    const token = this.number(what);
    const value = Number(token);
    if (!/^\d+$/.test(token) || !Number.isSafeInteger(value)) {
      this.fail(`${what} is ${token}; expected a whole number from 0 to 2^53 − 1`, offset);
    }
    return value;
  }

  /** Passes over the next value, whatever it is. */
  skip(): void {
    const first = this.text[this.offset - this.base];
    if (first === '{') this.object('a value', () => this.skip());
    else if (first === '[') this.array('a value', () => this.skip());
    else if (first === '"') this.string('a value');
    else if (first !== undefined && /[-\d]/.test(first)) this.number('a value');
    else this.literal();
  }

  /** Nothing but space may follow. */
  end(): void {
    const { offset } = this;
    if (this.at < this.text.length) this.fail(`${this.seen()} follows the end of the JSON text`, offset);
  }

  /** throws  FormatError with the file's name, at `offset` of the file */
  fail(problem: string, offset: number): never {
    throw new FormatError(this.file, problem, offset);
  }

  private number(what: string): string {
    const { offset } = this;
    let end = this.at;
    while (end - this.at <= maxNumberLength && /[-+.\deE]/.test(this.text[end] ?? '')) end++;
    const token = this.text.slice(this.at, end);
    if (token.length > maxNumberLength || !/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(token)) {
      this.fail(`${what} is ${this.seen()}; expected a number of at most ${maxNumberLength} characters`, offset);
    }
    this.at = end;
    return token;
  }

  private literal(): void {
    const { offset } = this;
    const word = ['true', 'false', 'null'].find((name) => this.text.startsWith(name, this.at));
    if (word === undefined) this.fail(`${this.seen()} is no JSON value`, offset);
    this.at += word.length;
  }

  private list(what: string, kind: string, open: string, close: string, visit: () => void): void {
    const { offset } = this;
    if (this.text[this.at] !== open) this.fail(`${what} is ${this.seen()}; expected ${kind}`, offset);
    if (++this.depth > maxDepth) this.fail(`values nest deeper than ${maxDepth} levels`, offset);
    this.at++;
    this.skipSpace();
    if (this.text[this.at] !== close) {
      visit();
      for (this.skipSpace(); this.text[this.at] === ','; this.skipSpace()) {
        this.at++;
        visit();
      }
    }
    this.expect(close);
    this.depth--;
  }

  private expect(mark: string): void {
    const { offset } = this;
    if (this.text[this.at] !== mark) this.fail(`saw ${this.seen()}; expected "${mark}"`, offset);
    this.at++;
  }

  private skipSpace(): void {
    while (' \t\n\r'.includes(this.text[this.at] ?? '-')) this.at++;
  }

  /** What stands at the reading position, for an error message. */
  private seen(): string {
    return this.at < this.text.length ? JSON.stringify(this.text.slice(this.at, this.at + 12)) : 'the end';
  }
}
