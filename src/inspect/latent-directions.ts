/** Directions of latent space in which images change most, found without labels. */

import { UserError } from '../base/errors.ts';
import type { Runtime, State } from '../engine/index.ts';
import { type BoundModel, traceLatentProjections } from '../gan/index.ts';
import { symmetricEigenvectors } from './symmetric-eigenvectors.ts';

export interface LatentDirections {
  /** By falling eigenvalues, latentDim of them; `vector` float32 [latentDim] is of length 1. */
  readonly directions: readonly { readonly eigenvalue: number; readonly vector: Float32Array<ArrayBuffer> }[];
  /** Paths of the layers that were looked at. */
  readonly layers: readonly string[];
}

/**
 * SeFa: the eigenvectors of AᵀA, where A [F,Z] is the weight of the first layer that latents meet; a step along the first
 * changes what that layer gives most. Source: Shen, Zhou 2021, arXiv:2007.06600, equation 5.
 *
 * Where latents enter at several places (BigGAN's pieces, which the norms hear), A is the weights of all these layers one
 * below the other. Weights are as the generator uses them, divided by their spectral norm where it has one: A is measured,
 * as what comes of unit vectors. Signs are chosen; for one state the directions are always the same.
 *
 * Throws UserError for a generator that does something else to its latents first, and for a state that is not the model's
 * or has weights that are no numbers.
 */
export async function latentDirections(runtime: Runtime, model: BoundModel, state: State): Promise<LatentDirections> {
  const { latentDim } = model;
  // One more for the latent 0, which tells what these layers say without latents.
  const batch = latentDim + 1;
  const { graph, layers } = traceLatentProjections(model, { batch });
  const z = new Float32Array(batch * latentDim);
  for (let k = 0; k < latentDim; k++) z[k * latentDim + k] = 1;
  const feeds = [...graph.inputs.keys()].map((name) => {
    if (name === 'z') return [name, { dtype: 'float32', shape: [batch, latentDim], data: z }] as const;
    if (name === 'labels') return [name, { dtype: 'int32', shape: [batch], data: new Int32Array(batch) }] as const;
    const weight = state.get(name);
    if (weight === undefined) {
      throw new UserError(`the state has no ${name}: it is not one of this model (${model.name}).`);
    }
    return [name, weight] as const;
  });
  const { projections } = await (await runtime.compile(graph)).compute(Object.fromEntries(feeds));
  const rows = Float64Array.from(projections?.data ?? []);
  if (!rows.every(Number.isFinite)) {
    throw new UserError(
      `${model.name}: weights of ${layers.join(', ')} are no numbers. The generator has diverged: choose an earlier checkpoint.`,
    );
  }
  const found = symmetricEigenvectors(gramOf(rows, latentDim), latentDim);
  return {
    directions: found.map(({ eigenvalue, vector }) => ({ eigenvalue, vector: Float32Array.from(vector) })),
    layers,
  };
}

/** AᵀA [Z,Z] of the columns of A [F,Z], each a row here: those of unit vectors, and last that of 0, which they contain. */
function gramOf(rows: Float64Array, latentDim: number): Float64Array {
  const features = rows.length / (latentDim + 1);
  const still = rows.subarray(latentDim * features);
  const columns = Array.from({ length: latentDim }, (_, k) =>
    rows.slice(k * features, (k + 1) * features).map((value, f) => value - (still[f] ?? 0)),
  );
  const gram = new Float64Array(latentDim ** 2);
  for (const [i, one] of columns.entries()) {
    for (const [k, other] of columns.slice(0, i + 1).entries()) {
      let sum = 0;
      for (let f = 0; f < features; f++) sum += (one[f] ?? 0) * (other[f] ?? 0);
      gram[i * latentDim + k] = sum;
      gram[k * latentDim + i] = sum;
    }
  }
  return gram;
}
