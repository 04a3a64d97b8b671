/** The addresses below `/api/runs`, and the stream of all runs: see api.ts. */

import { z } from 'zod';
import { parseControl } from '../../store/index.ts';
import type { Deletion, NewRun, Resumption } from '../api.ts';
import type { Routes, StudioContext } from '../app.ts';
import { readJson } from '../body.ts';
import { Refusal } from '../refusal.ts';
import { eventStream } from '../stream.ts';
import { followRun, followRuns } from './feed.ts';
import type { Runs } from './runs.ts';

/** Longer than any text that a command line takes in earnest. */
const text = z.string().min(1).max(4096);

const newRunSchema = z.strictObject({
  run: z.string(),
  preset: text,
  data: text.optional(),
  settings: z.array(text).max(1000),
});
const resumptionSchema = z.strictObject({ steps: z.int().positive().optional() });
const deletionSchema = z.strictObject({ confirm: z.string() });

/** Routes that show the runs and do what is asked of them. */
export function runRoutes(runs: Runs): Routes {
  return (app) => {
    app.get('/api/stream', (context) => eventStream(context, (stream) => followRuns(runs, stream)));
    app.get('/api/runs', (context) => context.json(runs.list()));
    app.post('/api/runs', async (context) => {
      const { data, ...newRun } = await readJson(context, newRunSchema);
      return context.json(await runs.create({ ...newRun, data } satisfies NewRun));
    });
    app.get('/api/runs/:run', (context) => context.json(runs.detail(context.req.param('run'))));
    app.delete('/api/runs/:run', async (context) => {
      const { confirm }: Deletion = await readJson(context, deletionSchema);
      await runs.delete(context.req.param('run'), confirm);
      return context.json({});
    });
    app.get('/api/runs/:run/series', (context) => {
      const names = context.req.query('names')?.split(',');
      const { history } = runs.find(context.req.param('run')).log;
      return context.json(history.series(names, wholeNumber(context, 'from'), wholeNumber(context, 'to')));
    });
    app.get('/api/runs/:run/stream', (context) => {
      const name = context.req.param('run');
      const asked = wholeNumber(context, 'after');
      runs.find(name);
      return eventStream(context, (stream) => {
        const seen = stream.lastEventId === undefined ? Number.NaN : Number(stream.lastEventId);
        return followRun(runs, name, Number.isSafeInteger(seen) ? seen : asked, stream);
      });
    });
    app.get('/api/runs/:run/samples/:step', (context) => {
      const step = stepOf(context.req.param('step'));
      const { png, etag } = runs.sample(context.req.param('run'), step);
      // A step that is done again, after a return, has another sheet: each is asked for again, and sent once.
      const headers = { ETag: etag, 'Cache-Control': 'private, no-cache' };
      if (context.req.header('If-None-Match') === etag) return context.body(null, 304, headers);
      return context.body(png, 200, { ...headers, 'Content-Type': 'image/png' });
    });
    app.get('/api/runs/:run/output', (context) => context.text(runs.output(context.req.param('run'))));
    app.post('/api/runs/:run/resume', async (context) => {
      const { steps }: Resumption = await readJson(context, resumptionSchema);
      return context.json(await runs.resume(context.req.param('run'), steps));
    });
    app.post('/api/runs/:run/control', async (context) => {
      const control = parseControl(await readJson(context, z.json()));
      if (typeof control === 'string') throw new Refusal(400, `Nothing that can be asked of a run: ${control}.`);
      return context.json(await runs.control(context.req.param('run'), control));
    });
  };
}

/** A whole number of the query; undefined where it is not given. */
function wholeNumber(context: StudioContext, name: string): number | undefined {
  const value = context.req.query(name);
  return value === undefined ? undefined : parsedNumber(value, name);
}

const stepOf = (value: string) => parsedNumber(value.replace(/\.png$/, ''), 'the step');

function parsedNumber(value: string, what: string): number {
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new Refusal(400, `${what} is "${value}"; expected a whole number.`);
}
