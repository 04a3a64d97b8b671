/** What surrounds every page: the head with its ways, the run's tabs, what must be told. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { IconButton, LinkButton } from './components/button.tsx';
import { StateBadge } from './components/state-badge.tsx';
import { Empty } from './components/states.tsx';
import { announce, StatusRegion } from './components/status.tsx';
import { LinkTabs } from './components/tabs.tsx';
import { plainPages, runPageViews } from './pages.tsx';
import { navigate, route, visits } from './router.ts';
import { type Route, runPages, runPath } from './routes.ts';
import './shell.css';
import { ShortcutOverlay, toggleOverlay } from './shortcut-overlay.tsx';
import { connectionProblem, runs } from './stream.ts';
import { isDark, toggleTheme } from './theme.ts';
import { useShortcuts } from './use-shortcuts.ts';

export function Shell() {
  const main = useRef<HTMLElement>(null);
  const shown = route.value;
  const title = titleOf(shown);
  useEffect(() => {
    document.title = `${title} · Sagan studio`;
  }, [title]);
  // Before the next key is pressed, which may already be meant for the new page.
  useLayoutEffect(() => {
    if (visits.value === 0) return;
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
    announce(title);
  }, [visits.value]);
  useShortcuts('Everywhere', [
    { keys: 'g r', does: 'Go to the runs', run: () => navigate('/') },
    { keys: 'g c', does: 'Go to the comparison', run: () => navigate('/compare') },
    { keys: 'g d', does: 'Go to the data', run: () => navigate('/data') },
    { keys: 'n', does: 'New run', run: () => navigate('/new') },
    { keys: '/', does: 'Search', run: focusSearch },
    { keys: 't', does: 'Light or dark', run: toggleTheme },
    { keys: '?', does: 'These shortcuts', run: toggleOverlay },
  ]);
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Head page={shown.page} />
      {connectionProblem.value !== undefined && (
        <p class="banner" role="alert">
          {connectionProblem.value}
        </p>
      )}
      <main id="content" tabIndex={-1} ref={main}>
        <Page shown={shown} />
      </main>
      <StatusRegion />
      <ShortcutOverlay />
    </>
  );
}

function Head({ page }: { readonly page: Route['page'] }) {
  const links = [
    { href: '/', label: 'Runs', isCurrent: page === 'runs' || runPages.some((name) => name === page) },
    { href: '/compare', label: 'Compare', isCurrent: page === 'compare' },
    { href: '/data', label: 'Data', isCurrent: page === 'data' },
  ];
  return (
    <header class="head">
      <a class="brand" href="/">
        <Mark />
        Sagan <span class="soft">studio</span>
      </a>
      <nav class="ways" aria-label="Studio">
        {links.map(({ href, label, isCurrent }) => (
          <a key={href} href={href} aria-current={isCurrent ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <div class="row row-end tips-left">
        <LinkButton href="/new" icon="plus" {...(page !== 'new' && { look: 'primary' })}>
          New run
        </LinkButton>
        <span class="wide-only">
          <IconButton icon="keyboard" label="Keyboard shortcuts" keys="?" onClick={toggleOverlay} />
        </span>
        <IconButton
          icon={isDark.value ? 'sun' : 'moon'}
          label={isDark.value ? 'Light colours' : 'Dark colours'}
          keys="t"
          onClick={toggleTheme}
        />
      </div>
    </header>
  );
}

/** A query and what it attends to. */
function Mark() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true" class="mark">
      <rect x="1" y="1" width="5" height="5" rx="1" class="mark-real" />
      <rect x="14" y="2" width="5" height="5" rx="1" class="mark-discriminator" />
      <rect x="8" y="13" width="6" height="6" rx="1" class="mark-generator" />
      <path d="M5 7l4 5M14.5 8.5L12 12" />
    </svg>
  );
}

function Page({ shown }: { readonly shown: Route }) {
  if ('run' in shown) return <RunFrame page={shown.page} run={shown.run} />;
  const page = shown.page === 'missing' ? undefined : plainPages[shown.page];
  if (page === undefined) return <NoSuchPage />;
  return (
    <div class="page">
      <page.View />
    </div>
  );
}

function RunFrame({ page, run }: Extract<Route, { run: string }>) {
  const summary = runs.value?.find((known) => known.run === run);
  const View = runPageViews[page]?.View;
  return (
    <>
      <div class="run-head">
        <div class="page-head">
          <h1>{run}</h1>
          {summary !== undefined && <StateBadge state={summary.state} />}
          {summary?.reason !== undefined && <span class="soft small run-reason">{summary.reason}</span>}
        </div>
        <LinkTabs
          label={`Pages of ${run}`}
          links={runPages.map((name) => ({
            href: runPath(run, name),
            label: runPageViews[name]?.title ?? name,
            isCurrent: name === page,
          }))}
        />
      </div>
      <div class="page">{View === undefined ? <NoSuchPage /> : <View key={run} run={run} />}</div>
    </>
  );
}

function NoSuchPage() {
  return (
    <div class="page">
      <h1 class="unseen">No such page</h1>
      <Empty title="There is no such page">
        <p class="soft">The address may have been mistyped, or the run renamed.</p>
        <LinkButton href="/">To the runs</LinkButton>
      </Empty>
    </div>
  );
}

function titleOf(shown: Route): string {
  if ('run' in shown) return shown.page === 'run' ? shown.run : `${shown.run} · ${runPageViews[shown.page]?.title}`;
  return shown.page === 'missing' ? 'No such page' : (plainPages[shown.page]?.title ?? 'No such page');
}

function focusSearch(): void {
  document.querySelector<HTMLElement>('input[type="search"]')?.focus();
}
