/** The ops that act on every element by itself, with operands that broadcast. */
export const elementwiseOps: ReadonlySet<string> = new Set(
  (
    'neg exp log sqrt abs tanh sigmoid softplus relu leakyRelu square add sub mul div max min ' +
    'greater greaterEqual equal where cast stopGradient'
  ).split(' '),
);
