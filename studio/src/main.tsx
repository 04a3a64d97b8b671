/** The studio's entry: puts the application into the page. */
import { render } from 'preact';
import './main.css';
import { startRouter } from './router.ts';
import { Shell } from './shell.tsx';
import { followRuns } from './stream.ts';
import { startTheme } from './theme.ts';
import { startShortcuts } from './use-shortcuts.ts';

startTheme();
startRouter();
startShortcuts();
followRuns();
render(<Shell />, document.body);
