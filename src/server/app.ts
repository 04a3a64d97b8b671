/** The studio's routes in one application. Who may ask at all is decided before, by the gate (gate.ts). */

import { type Context, Hono } from 'hono';
import type { Problem } from './api.ts';
import { type Assets, pageAt } from './assets.ts';
import { methods } from './gate.ts';
import { problemOf, Refusal } from './refusal.ts';
import type { Client } from './stream.ts';

/** `client` is who asks, as the gate knows it; absent where an application is asked without a gate, as tests do. */
export type StudioEnv = { readonly Bindings: { readonly client?: Client } };
export type StudioApp = Hono<StudioEnv>;
export type StudioContext = Context<StudioEnv>;

/**
 * Adds routes below `/api`: `(app) => { app.get('/api/runs', (context) => context.json(…)); }`.
 *
 * A route refuses by throwing: a `Refusal` with its status, or any UserError, which is a 400. Whatever else it throws is a 500 whose
 * details only the terminal sees. `readJson` (body.ts) reads a body, `eventStream` (stream.ts) answers with events. Each
 * route must also stand in the table of test/server/gate-table.ts.
 */
export type Routes = (app: StudioApp) => void;

/** The application of all routes; what none of them knows is a page of `assets`, a 404, or a 405 that says what is allowed. */
export function createApp({
  routes,
  assets,
}: {
  readonly routes: readonly Routes[];
  readonly assets: Assets;
}): StudioApp {
  const app: StudioApp = new Hono();
  for (const add of routes) add(app);
  app.notFound((context) => {
    const { path, method } = context.req;
    const allowed = methods.filter((other) => app.router.match(other, path)[0].length > 0);
    if (allowed.length > 0) return notAllowed(context, allowed);
    if (path === '/api' || path.startsWith('/api/')) throw new Refusal(404, 'The studio knows no such address.');
    if (method !== 'GET') return notAllowed(context, ['GET']);
    const { bytes, type } = pageAt(assets, path);
    return context.body(bytes, 200, { 'Content-Type': type });
  });
  app.onError((error, context) => {
    const { status, problem } = problemOf(error);
    return context.json({ problem } satisfies Problem, status);
  });
  return app;
}

function notAllowed(context: StudioContext, allowed: readonly string[]): Response {
  const problem = `This address takes ${allowed.join(' or ')}, and nothing else.`;
  return context.json({ problem } satisfies Problem, 405, { Allow: allowed.join(', ') });
}
