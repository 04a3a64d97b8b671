/** The dictionaries of tensors in a file of weights, whatever the file's format. */

import { createHash } from 'node:crypto';
import type { Shape, TensorData } from '../engine/ir/tensor-data.ts';
import { type FileSystem, readSafetensors } from '../store/index.ts';
import { openBytes } from './byte-source.ts';
import type { PickleKey, PickleValue } from './pickle-value.ts';
import { readPth } from './pth.ts';
import { ScriptModule } from './script-module.ts';
import { TorchTensor } from './torch-tensor.ts';

/** A tensor of a file, whose numbers are read when they are asked for. */
export interface WeightTensor {
  readonly shape: Shape;
  load(): TensorData;
}

/** Tensors by their names in the program that saved them. */
export interface TensorDictionary {
  readonly file: string;
  /** Where in the file: the keys that lead to it, with dots; '' for the whole file. */
  readonly where: string;
  readonly tensors: ReadonlyMap<string, WeightTensor>;
}

/** Deeper than any training program nests its state; a dictionary that holds itself ends here. */
const deepest = 6;

/**
 * Every dictionary of a `.safetensors` or `.pth` file that holds tensors, the outermost first. A file of TorchScript is
 * one dictionary, its module's.
 *
 * throws  FormatError for a damaged or malicious file; UserError if there is none
 */
export function readWeights(file: string, fileSystem?: FileSystem): readonly TensorDictionary[] {
  return /\.safetensors$/i.test(file) ? fromSafetensors(file, fileSystem) : fromPth(file, fileSystem);
}

/** SHA-256 of a file's bytes, in hexadecimal digits: what tells one file of weights from another. */
export function hashWeights(file: string, fileSystem?: FileSystem): string {
  const source = openBytes(file, fileSystem);
  const digest = createHash('sha256');
  const stepBytes = 2 ** 22;
  for (let done = 0; done < source.sizeBytes; done += stepBytes) {
    digest.update(source.read(done, Math.min(stepBytes, source.sizeBytes - done)));
  }
  return digest.digest('hex');
}

function fromSafetensors(file: string, fileSystem?: FileSystem): TensorDictionary[] {
  openBytes(file, fileSystem);
  const { state } = readSafetensors(file, fileSystem);
  const tensors = [...state].map(([name, tensor]) => [name, { shape: tensor.shape, load: () => tensor }] as const);
  return [{ file, where: '', tensors: new Map(tensors) }];
}

function fromPth(file: string, fileSystem?: FileSystem): TensorDictionary[] {
  const found: TensorDictionary[] = [];
  const seen = new Set<PickleValue>();
  const visit = (value: PickleValue, path: readonly string[]) => {
    const isModule = value instanceof ScriptModule;
    if (!(isModule || value instanceof Map) || path.length > deepest || seen.has(value)) return;
    seen.add(value);
    const tensors = isModule ? value.tensors() : tensorsOf(value);
    if (tensors.size > 0) found.push({ file, where: path.join('.'), tensors });
    if (!isModule) for (const [key, inner] of value) visit(inner, [...path, String(key)]);
  };
  visit(readPth(file, fileSystem), []);
  return found;
}

function tensorsOf(dictionary: ReadonlyMap<PickleKey, PickleValue>): Map<string, WeightTensor> {
  const tensors = new Map<string, WeightTensor>();
  for (const [key, value] of dictionary) if (value instanceof TorchTensor) tensors.set(String(key), value);
  return tensors;
}

/** The tensors whose names share their first word, without it: `module.conv.weight` and `G.conv.weight` as `conv.weight`. */
export function partsOf({ file, where, tensors }: TensorDictionary): TensorDictionary[] {
  const parts = new Map<string, Map<string, WeightTensor>>();
  for (const [name, tensor] of tensors) {
    const dot = name.indexOf('.');
    if (dot === -1) continue;
    const first = name.slice(0, dot);
    const part = parts.get(first) ?? new Map<string, WeightTensor>();
    parts.set(first, part.set(name.slice(dot + 1), tensor));
  }
  return [...parts].map(([first, part]) => ({
    file,
    where: where === '' ? first : `${where}.${first}`,
    tensors: part,
  }));
}
