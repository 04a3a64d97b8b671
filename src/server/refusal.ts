/** How the studio says no: a status, and a Problem in words. */

import { UserError } from '../base/errors.ts';

export type RefusalStatus = 400 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 429 | 503;

/** A request that is refused with a status of its own. Any other UserError that a route throws is a 400. */
export class Refusal extends UserError {
  override readonly name = 'Refusal';
  readonly status: RefusalStatus;

  constructor(status: RefusalStatus, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Status and words for what a route has thrown. A defect is told to the terminal, not to the page: its words may hold what
 * is nobody's business.
 */
export function problemOf(error: unknown): { readonly status: RefusalStatus | 500; readonly problem: string } {
  if (error instanceof Refusal) return { status: error.status, problem: error.message };
  if (error instanceof UserError) return { status: 400, problem: error.message };
  console.error(error);
  return {
    status: 500,
    problem: 'This is a defect of the studio. The terminal that it runs in shows the details; please report them.',
  };
}
