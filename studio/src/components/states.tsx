/** What stands where something is missing, under way or broken. */
import type { ComponentChildren } from 'preact';
import type { Progress as Told } from '../api.ts';
import { Button } from './button.tsx';
import { Icon } from './icons.tsx';
import './states.css';

/** How far something is, with words; without `total` it only moves. */
export function Progress({
  done,
  total,
  what,
}: {
  readonly done: number;
  readonly total: number | undefined;
  readonly what: string;
}) {
  return (
    <div class="progress">
      <div class="row small soft">
        <span>{what}</span>
        {total !== undefined && (
          <span class="row-end numbers">
            {done} of {total}
          </span>
        )}
      </div>
      <Bar value={total === undefined ? undefined : done / Math.max(1, total)} label={what} />
    </div>
  );
}

/** A share from 0 to 1 as a thin bar. */
export function Bar({ value, label }: { readonly value: number | undefined; readonly label: string }) {
  return <progress class="bar" aria-label={label} max={1} value={value} />;
}

/** Something is being fetched or computed; it shows after a moment, so that quick answers do not flicker. */
export function Loading({ what, progress }: { readonly what: string; readonly progress?: Told | undefined }) {
  return (
    <div class="loading" role="status">
      {progress === undefined ? (
        <>
          <span class="spinner" /> {what}
        </>
      ) : (
        <Progress {...progress} />
      )}
    </div>
  );
}

/** There is nothing yet, and how to begin. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** What went wrong, in the words of whoever found it, and a way on. */
export function ErrorPanel({
  title = 'This did not work',
  problem,
  onRetry,
  children,
}: {
  readonly title?: string;
  readonly problem: string;
  readonly onRetry?: (() => void) | undefined;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="error-panel" role="alert">
      <h2 class="row">
        <Icon name="warning" /> {title}
      </h2>
      <p>{problem}</p>
      {children}
      {onRetry !== undefined && (
        <div>
          <Button icon="reset" onClick={onRetry}>
            Try again
          </Button>
        </div>
      )}
    </div>
  );
}
