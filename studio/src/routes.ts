/** The pages and their addresses. A page more is one more route here, and one more view in pages.tsx. */

/** Which page is shown, and of which run. */
export type Route =
  | { readonly page: 'runs' | 'new' | 'compare' | 'data' | 'missing' }
  | { readonly page: RunPageName; readonly run: string };

/** Pages of one run, in the order of its tabs. */
export const runPages = ['run', 'attention', 'explore'] as const;
export type RunPageName = (typeof runPages)[number];

const plainPages = { '/': 'runs', '/new': 'new', '/compare': 'compare', '/data': 'data' } as const;

/** The route of an address without its query; `missing` where there is none. */
export function routeOf(path: string): Route {
  for (const [address, page] of Object.entries(plainPages)) if (path === address) return { page };
  const [, run, name] = /^\/run\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  const page = name === undefined ? 'run' : runPages.find((known) => known === name && known !== 'run');
  if (run === undefined || page === undefined) return { page: 'missing' };
  const decoded = decode(run);
  return decoded === undefined ? { page: 'missing' } : { page, run: decoded };
}

/** The address of a run's page: `/run/NAME`, `/run/NAME/attention`. */
export function runPath(run: string, page: RunPageName = 'run'): string {
  return `/run/${encodeURIComponent(run)}${page === 'run' ? '' : `/${page}`}`;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
