/** Requests that are for the compute process, and the files that it makes. */

import { z } from 'zod';
import type { ComputeHost, Question } from '../compute/host.ts';
import type { Studio } from './api.ts';
import type { Routes } from './app.ts';
import { readJson } from './body.ts';
import { toJsonLines } from './json-lines.ts';
import { Refusal } from './refusal.ts';

export interface ComputeRoutesOptions {
  readonly host: ComputeHost;
  /** The folder whose runs are shown. */
  readonly runsFolder: string;
  /** The folder of a run by its name, looked up among those that are there; undefined if none has it. */
  readonly folderOf: (run: string) => string | undefined;
}

/**
 * `GET /api/studio`, `POST /api/compute/:task`, `GET /api/files/:file`.
 *
 * A task whose page goes away is withdrawn: a page that asks for something newer aborts what it asked for before.
 */
export function computeRoutes({ host, runsFolder, folderOf }: ComputeRoutesOptions): Routes {
  const studio = remembered(async (): Promise<Studio> => {
    const answer = await host.ask({ task: 'recipes', request: {}, folders: new Map() });
    return { runsFolder, ...recipesSchema.parse(JSON.parse(answer)) };
  });
  return (app) => {
    app.get('/api/studio', async (context) => context.json(await studio()));

    app.post('/api/compute/:task', async (context) => {
      const request = await readJson(context, z.unknown());
      const question: Question = { task: context.req.param('task'), request, folders: foldersOf(request, folderOf) };
      return toJsonLines(context.req.raw.signal, async ({ signal, write, offer }) => {
        const result = await host.ask(question, { signal, onProgress: (progress) => offer({ progress }) });
        write(`{"result":${result}}`);
      });
    });

    app.get('/api/files/:file', (context) => {
      const file = host.file(context.req.param('file'));
      if (file === undefined) {
        throw new Refusal(404, 'This file is not kept any more: they are for ten minutes. Have it made again.');
      }
      return context.body(Uint8Array.from(file.bytes), 200, {
        'Content-Type': file.type,
        'Content-Disposition': `attachment; filename="${file.name.replaceAll(/[^\w.-]+/g, '-')}"`,
      });
    });
  };
}

const mostDepth = 32;

const recipesSchema = z.object({
  version: z.string(),
  presets: z.array(z.object({ name: z.string(), summary: z.string(), config: z.looseObject({}) })),
  configSchema: z.looseObject({}),
});

/** What `make` has given once; a failure is tried again. */
function remembered<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** Folders of all that stands under the name `run` in a request. Throws Refusal if it is nested as no request of ours is. */
function foldersOf(request: unknown, folderOf: ComputeRoutesOptions['folderOf']): Map<string, string> {
  const folders = new Map<string, string>();
  const look = (value: unknown, depth: number) => {
    if (typeof value !== 'object' || value === null) return;
    if (depth > mostDepth) throw new Refusal(400, `The request is nested deeper than ${mostDepth} levels.`);
    for (const [key, inner] of Object.entries(value)) {
      const folder = key === 'run' && typeof inner === 'string' ? folderOf(inner) : undefined;
      if (folder !== undefined) folders.set(String(inner), folder);
      look(inner, depth + 1);
    }
  };
  look(request, 1);
  return folders;
}
