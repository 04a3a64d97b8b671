/** The protocols by name. */

import { suggest, UserError } from '../../base/errors.ts';
import { cleanFid } from './clean-fid.ts';
import type { Protocol } from './protocol.ts';
import { pytorchFid } from './pytorch-fid.ts';
import { studiogan } from './studiogan.ts';
import { torchFidelity } from './torch-fidelity.ts';

/** The first is the default. */
export const protocols: readonly Protocol[] = [torchFidelity, pytorchFid, cleanFid, studiogan];

export const protocolNames: readonly string[] = protocols.map(({ name }) => name);

/** Throws UserError that lists the protocols if there is none of that name. */
export function findProtocol(name: string): Protocol {
  const found = protocols.find((protocol) => protocol.name === name);
  if (found !== undefined) return found;
  throw new UserError(`protocol "${name}" does not exist. ${suggest(name, protocolNames)}`);
}
