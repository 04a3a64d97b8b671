/** The features of N images, row by row: in memory, or in a file where they would not fit. */

export interface FeatureRows {
  readonly count: number;
  readonly dimensions: number;
  /** Copies the rows `first` … `first + n − 1` into `target`, float32 [n,D]; n is what target has room for. */
  read(first: number, target: Float32Array): void;
}

/** Rows that are in memory already, float32 [N,D]. */
export function memoryRows(data: Float32Array, dimensions: number): FeatureRows {
  return {
    count: data.length / dimensions,
    dimensions,
    read: (first, target) => target.set(data.subarray(first * dimensions, first * dimensions + target.length)),
  };
}
