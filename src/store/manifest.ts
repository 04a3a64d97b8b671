/**
 * The manifest of a checkpoint: what was saved, and the hashes that prove it.
 *
 * Its last member is the SHA-256 of all lines before it, in every format version:
 *
 *     head -n -2 manifest.json | sha256sum
 */

import { z } from 'zod';
import { FormatError } from '../base/errors.ts';
import { type JsonObject, sha256 } from './canonical-json.ts';

const formatVersion = 1;

const count = z.int().nonnegative();
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const scoreSchema = z.strictObject({ metric: z.string(), value: z.number(), better: z.enum(['lower', 'higher']) });

/** What a checkpoint is kept for; `value` is finite. */
export type CheckpointScore = Readonly<z.infer<typeof scoreSchema>>;

const manifestSchema = z.strictObject({
  formatVersion: z.literal(formatVersion),
  step: count,
  imagesSeen: count,
  configSha256: digest,
  /** What the trainer carries beside the state; absent in checkpoints that were saved before there was anything. */
  training: z.record(z.string(), z.json()).optional(),
  score: scoreSchema.optional(),
  files: z.strictObject({ 'state.safetensors': z.strictObject({ sizeBytes: count, sha256: digest }) }),
  sha256: digest,
});

/** What a manifest says, without its own hash. */
export type Manifest = Readonly<Omit<z.infer<typeof manifestSchema>, 'formatVersion' | 'sha256' | 'training'>> & {
  readonly training?: JsonObject | undefined;
};

function closing(digest: string): string {
  return `  "sha256": "${digest}"\n}\n`;
}

const closingLength = closing('0'.repeat(64)).length;

/** The text of a manifest. */
export function encodeManifest({ step, imagesSeen, configSha256, training, score, files }: Manifest): string {
  const content = { formatVersion, step, imagesSeen, configSha256, training, score, files };
  const open = JSON.stringify(content, null, 2).slice(0, -2);
  const body = `${open},\n`;
  return body + closing(sha256(body));
}

/**
 * Reads a manifest; `file` is its name for error messages.
 *
 * throws  FormatError if a byte differs from what was written, or if a newer version of Sagan wrote it
 */
export function decodeManifest(bytes: Uint8Array, file: string): Manifest {
  const text = Buffer.from(bytes).toString('latin1');
  const expected = /^ {2}"sha256": "([0-9a-f]{64})"\n\}\n$/.exec(text.slice(-closingLength))?.[1];
  if (expected === undefined) throw new FormatError(file, 'the manifest does not end with its sha256');
  const seen = sha256(bytes.subarray(0, -closingLength));
  if (seen !== expected) {
    throw new FormatError(file, `the manifest is damaged: its sha256 is ${seen}, but it says ${expected}`);
  }
  const content: unknown = JSON.parse(text);
  const version = z.object({ formatVersion: z.number() }).safeParse(content).data?.formatVersion;
  if (version !== undefined && version > formatVersion) {
    const versions = `it has format ${version}, this one reads up to ${formatVersion}`;
    throw new FormatError(file, `a newer version of Sagan wrote this checkpoint (${versions}); update Sagan`);
  }
  const manifest = manifestSchema.safeParse(content);
  if (!manifest.success) throw new FormatError(file, `not a manifest: ${z.prettifyError(manifest.error)}`);
  return manifest.data;
}
