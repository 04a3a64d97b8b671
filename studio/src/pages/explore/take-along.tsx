/** What can be taken along: the point itself, a link, a command, the picture. */
import { Button, LinkButton } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { announce, notify } from '../../components/status.tsx';
import { mostKept, type Point } from '../../points.ts';
import { currentLink } from '../../router.ts';
import { attentionAddress } from './attention-address.ts';
import type { Explorer, Picture } from './explorer.ts';
import { view } from './view.ts';

/** Adds a point to those that walks pass. */
export function keepPoint(point: Point): void {
  const kept = view.kept.value;
  if (kept.length >= mostKept) {
    notify(`${mostKept} points are kept, and a walk passes no more. Take one out.`, 'problem');
    return;
  }
  view.kept.set([...kept, point], 'replace');
  announce(`Kept as point ${kept.length + 1}`);
}

export function TakeAlong({
  explorer: { run, point, model },
  picture,
  text,
}: {
  readonly explorer: Explorer;
  readonly picture: Picture | undefined;
  /** The point as a file's name may hold it. */
  readonly text: string;
}) {
  const attends = model.attention.G.length > 0;
  return (
    <div class="row explore-take">
      <Button icon="pin" look="primary" onClick={() => keepPoint(point)}>
        Keep this point
      </Button>
      {attends && <LinkButton href={attentionAddress(run, view.checkpoint.value, point)}>Where it attends</LinkButton>}
      <span class="row row-end">
        <CopyButton label="Copy link" text={() => linkTo(picture)} />
        {picture !== undefined && (
          <>
            <CopyButton label="Copy command" text={() => picture.command} />
            <LinkButton icon="download" href={picture.src} download={`${run}-${text.replace(/[^\w.-]+/g, '-')}.png`}>
              PNG
            </LinkButton>
          </>
        )}
      </span>
    </div>
  );
}

/** The address with the step of what is seen: a run that trains has another newest checkpoint soon. */
function linkTo(picture: Picture | undefined): string {
  const link = new URL(currentLink());
  if (picture !== undefined) link.searchParams.set('at', String(picture.step));
  return link.href;
}
