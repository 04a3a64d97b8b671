/**
 * Files of PyTorch's `torch.save`, in both of its containers, and of its `torch.jit.save`.
 *
 *     zip, since 1.6   NAME/data.pkl, a pickle   NAME/data/KEY, a storage each   NAME/byteorder
 *     TorchScript      the same, with modules in the pickle and their code beside it, which is left alone
 *     before           pickles (magic number, protocol, machine, object, storage keys), then each storage's length and bytes
 *
 * Source: torch/serialization.py of PyTorch 1.13 (BSD-3-Clause), described here in our own words and code.
 */

import type { FileSystem } from '../store/file-system.ts';
import { ByteReader, type ByteSource, openBytes, refuse, utf8 } from './byte-source.ts';
import { readPickle } from './pickle.ts';
import { describe, type Fail, PickleTuple, type PickleValue } from './pickle-value.ts';
import { StorageClass, torchGlobal } from './torch-globals.ts';
import { type StoragePlace, TorchStorage, type TorchType, torchTypes } from './torch-tensor.ts';
import { readZip, verifyEntry, type ZipEntry, type ZipKind } from './zip.ts';

/**
 * What `torch.save` was given: containers, numbers, and tensors that are read from the file when they are asked for.
 *
 * throws  FormatError for a damaged file, for one that is none of torch.save's, and for a pickle that names anything
 *         but tensors and plain containers; UserError if there is no such file
 */
export function readPth(path: string, fileSystem?: FileSystem): PickleValue {
  const source = openBytes(path, fileSystem);
  const first = source.read(0, Math.min(source.sizeBytes, 64));
  if (first[0] === 0x50 && first[1] === 0x4b) return readZipped(source);
  if (first[0] === 0x80) return readLegacy(source);
  const text = utf8(first.filter((byte) => byte > 0)) ?? '';
  const seen = /^\s*<|^version https:/.test(text)
    ? 'the file is text: a web page or a pointer to the weights, not the weights themselves'
    : `the file begins with ${Buffer.from(first.subarray(0, 4)).toString('hex')}`;
  refuse(path, `${seen}; expected a zip archive or a pickle, which torch.save writes`, 0);
}

/** TorchScript compresses its code, which is not read here; no program compresses what is. */
const archiveKind: ZipKind = {
  mayDeflate: true,
  remedy: 'Unpack the archive, or save the weights again with torch.save, which does neither',
};

const saveAgain = 'Save the weights again, with torch.save(model.state_dict(), FILE) of PyTorch 1.0 or later';

function readZipped(source: ByteSource): PickleValue {
  const entries = readZip(source, archiveKind);
  const pickle = [...entries.values()].find(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined) {
    const names = [...entries.keys()].slice(0, 3).join(', ');
    refuse(source.path, `the archive (${names}, …) has no data.pkl; expected what torch.save writes`, 0, saveAgain);
  }
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  checkByteOrder(source, entries.get(`${folder}byteorder`));
  checkStored(source, pickle);
  const verified = new Set<string>();
  const placeOf = (key: string, type: TorchType, length: number, fail: Fail): StoragePlace => {
    const entry = entries.get(`${folder}data/${key}`);
    if (entry === undefined) return fail(`storage "${key}" is missing from the archive`);
    const wanted = length * type.bytes;
    if (entry.sizeBytes !== wanted) {
      return fail(`storage "${key}" should have ${wanted} bytes, but has ${entry.sizeBytes}`);
    }
    const start = () => {
      if (!verified.has(key)) checkStored(source, entry);
      verified.add(key);
      return entry.start;
    };
    return { source, start };
  };
  const reader = new ByteReader(source, pickle.start, pickle.start + pickle.sizeBytes);
  return readPickle(reader, { global: torchGlobal, persistent: (id, fail) => storageOf(id, placeOf, fail) });
}

/** Throws FormatError if the bytes of an entry are not there as they were saved. */
function checkStored(source: ByteSource, entry: ZipEntry): void {
  if (entry.isDeflated) {
    const problem = `the entry "${entry.name}" is compressed; expected stored bytes`;
    refuse(source.path, problem, entry.start, archiveKind.remedy);
  }
  verifyEntry(source, entry);
}

function checkByteOrder(source: ByteSource, entry: ZipEntry | undefined): void {
  if (entry === undefined || entry.sizeBytes > 16) return;
  const order = utf8(source.read(entry.start, entry.sizeBytes));
  if (order !== 'little') refuseByteOrder(source, `"${order}"`, entry.start);
}

function refuseByteOrder(source: ByteSource, seen: string, offset: number): never {
  const remedy = 'Load and save the weights on a little-endian machine, such as an x86 one';
  refuse(source.path, `the byte order is ${seen}; expected "little"`, offset, remedy);
}

const magicNumber = 0x1950a86a20f9469cfc6cn;
const legacyProtocol = 1001;

function readLegacy(source: ByteSource): PickleValue {
  const reader = new ByteReader(source, 0, source.sizeBytes);
  const nowhere = (_: PickleValue, fail: Fail) => fail('it points outside of the pickle');
  const plain = () => readPickle(reader, { global: () => undefined, persistent: nowhere });
  if (plain() !== magicNumber) {
    reader.fail("a pickle, but without torch.save's magic number; expected weights", 0, saveAgain);
  }
  const protocol = plain();
  if (protocol !== legacyProtocol) {
    reader.fail(`the protocol is ${describe(protocol)}; expected ${legacyProtocol}`, reader.position, saveAgain);
  }
  const machine = plain();
  if (machine instanceof Map && machine.get('little_endian') === false) {
    refuseByteOrder(source, '"big"', reader.position);
  }
  const storages = new Map<string, LegacyStorage>();
  const placeOf = (key: string, type: TorchType, length: number, fail: Fail): StoragePlace => {
    const known = storages.get(key);
    if (known !== undefined && (known.type !== type || known.length !== length)) {
      return fail(`storage "${key}" is described twice, and differently`);
    }
    const storage = known ?? { type, length, start: undefined };
    storages.set(key, storage);
    return { source, start: () => storage.start ?? refuse(source.path, `storage "${key}" is missing from the file`) };
  };
  const value = readPickle(reader, { global: torchGlobal, persistent: (id, fail) => storageOf(id, placeOf, fail) });
  const keys = plain();
  if (!Array.isArray(keys)) return reader.fail(`${describe(keys)} stands where the list of storages is expected`);
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (storage === undefined) return reader.fail(`the list of storages holds ${describe(key)}, which no tensor uses`);
    place(reader, storage);
  }
  return value;
}

interface LegacyStorage {
  readonly type: TorchType;
  readonly length: number;
  start: number | undefined;
}

/** Notes where a storage's bytes begin, and passes over them. */
function place(reader: ByteReader, storage: LegacyStorage): void {
  const length = reader.unsigned(8);
  if (length !== storage.length || length * storage.type.bytes > reader.end - reader.position) {
    const seen = `a storage of ${length} elements follows, with ${reader.end - reader.position} bytes left`;
    reader.fail(`${seen}; expected ${storage.length} of ${storage.type.bytes} bytes`);
  }
  storage.start = reader.position;
  reader.position += length * storage.type.bytes;
}

type PlaceOf = (key: string, type: TorchType, length: number, fail: Fail) => StoragePlace;

/** The storage behind ('storage', class, key, device, length) or, before 1.6, the same with a view at the end. */
function storageOf(id: PickleValue, placeOf: PlaceOf, fail: Fail): PickleValue {
  const [kind, type, key, , length, view = null] = id instanceof PickleTuple ? id.items : [];
  if (kind !== 'storage') return fail(`it points to ${describe(kind ?? id)} outside of the pickle; expected a storage`);
  const known = type instanceof StorageClass ? torchTypes.get(type.typeName) : undefined;
  if (known === undefined)
    return fail(`a storage is of ${describe(type ?? null)}; expected one of torch's element types`);
  if (typeof key !== 'string' || typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0) {
    return fail(`storage ${describe(key ?? null)} has the length ${describe(length ?? null)}`);
  }
  if (view !== null) return fail('a storage is part of another one; expected a whole one', saveAgain);
  return new TorchStorage(known, length, placeOf(key, known, length, fail));
}
