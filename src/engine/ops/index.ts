/** Every op of a tensor program. */

export { sumTo } from './broadcast.ts';
export { and, equal, greater, greaterEqual, less, lessEqual, not, or, where } from './compare.ts';
export { after, cast, constant, full, input, iota, type Operand, scalar, stopGradient } from './constant.ts';
export {
  type ConvOptions,
  type ConvTransposeOptions,
  conv,
  conv2d,
  conv3d,
  convTranspose2d,
} from './convolution.ts';
export {
  abs,
  add,
  clamp,
  div,
  exp,
  leakyRelu,
  log,
  max,
  min,
  mul,
  neg,
  relu,
  sigmoid,
  sign,
  softplus,
  sqrt,
  square,
  sub,
  tanh,
} from './elementwise.ts';
export { gather, oneHot, scatterAdd } from './gather.ts';
export { matmul } from './matmul.ts';
export { averagePool, maxPool, type PoolOptions, upsample } from './pool.ts';
export { mean, type ReduceOptions, reduceMax, sum, variance } from './reduce.ts';
export { pooledConv2d, upsampledConv2d } from './resampled-convolution.ts';
export { type BilinearOptions, resizeBilinear } from './resize.ts';
export { broadcastTo, concat, pad, reshape, slice, sliceAxis, split, transpose, zeros } from './shape.ts';
export { logSoftmax, logSumExp, softmax } from './softmax.ts';
