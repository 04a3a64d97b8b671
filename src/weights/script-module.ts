/** Modules as TorchScript keeps them: attributes, of which some are tensors and some are modules again. */

import { type PickleKey, PickleObject, type PickleValue } from './pickle-value.ts';
import { TorchTensor } from './torch-tensor.ts';

export class ScriptModule extends PickleObject {
  override readonly what = 'a module of TorchScript';
  private attributes: ReadonlyMap<PickleKey, PickleValue> = new Map();

  override build(attributes: Map<PickleKey, PickleValue>): void {
    this.attributes = attributes;
  }

  /**
   * Its tensors and those of the modules in it, by their names with dots, as a state dict has them. A module that stands
   * in two places is listed at one: a file could otherwise hold itself, or more names than any memory.
   */
  tensors(): Map<string, TorchTensor> {
    const found = new Map<string, TorchTensor>();
    const places = new Map<ScriptModule, string>([[this, '']]);
    // The map grows while it is read, until no module is new.
    for (const [module, prefix] of places) {
      for (const [name, value] of module.attributes) {
        if (value instanceof TorchTensor) found.set(`${prefix}${name}`, value);
        if (value instanceof ScriptModule && !places.has(value)) places.set(value, `${prefix}${name}.`);
      }
    }
    return found;
  }
}
