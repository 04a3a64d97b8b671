/** Walk through latent space, and see what the generator has learnt. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { RunDetail } from '../../../../src/server/api.ts';
import { compute } from '../../api.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { ErrorPanel, Loading } from '../../components/states.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useRequest } from '../../use-request.ts';
import { NoCheckpoint } from '../run/no-checkpoint.tsx';
import { RunFeed } from '../run/run-feed.ts';
import { DirectionsPanel } from './directions-panel.tsx';
import './explore-page.css';
import { type Explorer, type Model, pointOf, usePicture } from './explorer.ts';
import { GridPanel } from './grid-panel.tsx';
import { NeighboursPanel } from './neighbours-panel.tsx';
import { PicturePanel } from './picture-panel.tsx';
import { PointPanel } from './point-panel.tsx';
import { keepPoint } from './take-along.tsx';
import { useWalk } from './use-walk.ts';
import { type TabName, view } from './view.ts';
import { WalkPanel } from './walk-panel.tsx';

export function ExplorePage({ run }: { readonly run: string }) {
  const feed = useMemo(() => new RunFeed(run, () => undefined), [run]);
  useEffect(() => () => feed.close(), [feed]);
  const detail = feed.detail.value;
  const problem = feed.problem.value ?? (detail?.state === 'damaged' ? detail.reason : undefined);
  if (problem !== undefined) {
    return (
      <ErrorPanel title="This run cannot be shown" problem={problem} onRetry={() => void feed.begin()}>
        <div>
          <LinkButton href="/">To the runs</LinkButton>
        </div>
      </ErrorPanel>
    );
  }
  if (detail === undefined) return <Loading what="Reading the run" />;
  if (detail.checkpoints.length === 0) return <NoCheckpoint detail={detail} what="What it learns can be explored" />;
  return <OfCheckpoint run={run} detail={detail} />;
}

function OfCheckpoint({ run, detail }: { readonly run: string; readonly detail: RunDetail }) {
  const place = { run, checkpoint: view.checkpoint.value };
  const newest = detail.checkpoints.at(-1);
  const { result, problem, progress, again } = useRequest(JSON.stringify([place, newest]), (signal, onProgress) =>
    compute('model', { place }, { signal, onProgress }),
  );
  if (problem !== undefined) {
    return (
      <ErrorPanel title="The checkpoint cannot be used" problem={problem} onRetry={again}>
        {view.checkpoint.value !== 'newest' && (
          <div>
            <Button onClick={() => view.checkpoint.reset()}>Explore the newest that is whole</Button>
          </div>
        )}
      </ErrorPanel>
    );
  }
  if (result === undefined) return <Loading what="Opening the checkpoint" progress={progress} />;
  return (
    <div class="stack">
      {result.refused.map((reason) => (
        <p key={reason} class="explore-warning">
          A newer checkpoint is damaged, and the one before it is explored. {reason}
        </p>
      ))}
      <Explore run={run} detail={detail} model={result} />
    </div>
  );
}

function Explore({ run, detail, model }: { readonly run: string; readonly detail: RunDetail; readonly model: Model }) {
  const [isMoving, setMoving] = useState(false);
  const asked = { run, checkpoint: view.checkpoint.value };
  const point = pointOf(model);
  const pictured = usePicture(asked, point, detail.checkpoints.at(-1));
  const step = pictured.picture?.step;
  const place = asked.checkpoint === 'newest' && step !== undefined ? { run, checkpoint: step } : asked;
  const explorer: Explorer = { run, place, model, point, isMoving };
  const walk = useWalk(explorer);
  const kept = view.kept.value.length;
  const chosen = view.tab.value;
  // The first picture goes before everything else that is computed.
  const shown = pictured.picture === undefined && pictured.problem === undefined ? undefined : chosen;
  const tabs: readonly { readonly name: TabName; readonly label: string }[] = [
    { name: 'point', label: 'Point' },
    { name: 'walk', label: kept === 0 ? 'Walk' : `Walk (${kept})` },
    { name: 'grid', label: 'Grid' },
    { name: 'directions', label: 'Directions' },
    { name: 'neighbours', label: 'Neighbours' },
  ];
  return (
    <div class="explore-columns">
      <PicturePanel explorer={explorer} pictured={pictured} walk={walk} onMoving={setMoving} />
      <section class="panel explore-views" aria-label="Ways to explore">
        <Tabs label="Ways to explore" tabs={tabs} chosen={chosen} onChoose={(name) => view.tab.set(name, 'replace')}>
          <div class="explore-view">
            {shown === undefined && <Loading what="Opening the generator" />}
            {shown === 'point' && <PointPanel explorer={explorer} detail={detail} />}
            {shown === 'walk' && <WalkPanel explorer={explorer} walk={walk} onKeep={() => keepPoint(explorer.point)} />}
            {shown === 'grid' && <GridPanel explorer={explorer} />}
            {shown === 'directions' && <DirectionsPanel explorer={explorer} />}
            {shown === 'neighbours' && <NeighboursPanel explorer={explorer} />}
          </div>
        </Tabs>
      </section>
    </div>
  );
}
