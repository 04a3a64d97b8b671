/** What Python's pickles are made of. */

/** What a pickle can hold. A list is an array, a dict or OrderedDict a Map. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleKey, PickleValue>
  | PickleTuple
  | PickleObject;

export type PickleKey = null | boolean | number | bigint | string;

export class PickleTuple {
  readonly items: readonly PickleValue[];

  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

/** Something that only the host understands. */
export abstract class PickleObject {
  /** For messages: `a tensor`. */
  abstract readonly what: string;
  /** Takes the attributes that the pickle gives it; undefined where it takes none. */
  build?(attributes: Map<PickleKey, PickleValue>): void;
}

/** A name of Python's that the host allows. Those without `call` may be passed on, but not called. */
export class PickleGlobal extends PickleObject {
  readonly what: string;
  readonly call: ((args: readonly PickleValue[], fail: Fail) => PickleValue) | undefined;

  constructor(name: string, call?: PickleGlobal['call']) {
    super();
    this.what = `the name ${name}`;
    this.call = call;
  }
}

/** Refuses the pickle, with what was seen and what was expected, and what to do, if not to fetch the file again. */
export type Fail = (problem: string, remedy?: string) => never;

/** What a value is, for messages. */
export function describe(value: PickleValue): string {
  if (value === null) return 'None';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Map) return 'a dict';
  if (value instanceof PickleTuple) return 'a tuple';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof PickleObject) return value.what;
  return typeof value === 'string' ? 'a string' : `the ${typeof value} ${value}`;
}
