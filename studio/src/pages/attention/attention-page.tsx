/** Click a pixel and see where it attends. */
import { useEffect, useMemo } from 'preact/hooks';
import type { RunDetail } from '../../../../src/server/api.ts';
import { compute } from '../../api.ts';
import { Button } from '../../components/button.tsx';
import { Empty, ErrorPanel, Loading } from '../../components/states.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { count } from '../../format.ts';
import { useRequest } from '../../use-request.ts';
import { RunFeed } from '../run/run-feed.ts';
import './attention-page.css';
import { BlockOverview } from './block-overview.tsx';
import { NoAttention } from './no-attention.tsx';
import { OverTraining } from './over-training.tsx';
import { isSamePin, type Pin, withPin } from './pins.ts';
import { PinsPanel } from './pins-panel.tsx';
import { Stage } from './stage.tsx';
import { SubjectPanel } from './subject-panel.tsx';
import { TakeAlong } from './take-along.tsx';
import { type Seen, shownOf, useAttention, wantedOf } from './use-attention.ts';
import { type Pixels, usePixels } from './use-pixels.ts';
import { pointed, readCell, view } from './view.ts';
import { ChangedPictures, type Pair, useDifference, WhatIfPanel } from './what-if-panel.tsx';
import { gammaWarning } from './words.ts';

export function AttentionPage({ run }: { readonly run: string }) {
  const feed = useMemo(() => new RunFeed(run, () => undefined), [run]);
  useEffect(() => () => feed.close(), [feed]);
  const detail = feed.detail.value;
  const problem = feed.problem.value ?? (detail?.state === 'damaged' ? detail.reason : undefined);
  if (problem !== undefined) {
    return <ErrorPanel title="This run cannot be shown" problem={problem} onRetry={() => void feed.begin()} />;
  }
  if (detail === undefined) return <Loading what="Reading the run" />;
  if (detail.checkpoints.length === 0) return <NoCheckpoint detail={detail} />;
  return <Attention feed={feed} detail={detail} />;
}

function NoCheckpoint({ detail: { state } }: { readonly detail: RunDetail }) {
  const isActive = state === 'starting' || state === 'training' || state === 'paused';
  return (
    <Empty title="No checkpoint yet">
      <p class="soft">
        {isActive
          ? 'The run has only begun. Its attention can be looked at from its first checkpoint on; this page waits for it.'
          : 'The run ended before it had saved a checkpoint. Resume it, and it will save one when it stops.'}
      </p>
    </Empty>
  );
}

function Attention({ feed, detail }: { readonly feed: RunFeed; readonly detail: RunDetail }) {
  const { run } = feed;
  const newest = detail.checkpoints.at(-1);
  const place = { run, checkpoint: view.checkpoint.value };
  const model = useRequest(JSON.stringify([place, newest]), (signal, onProgress) =>
    compute('model', { place }, { signal, onProgress }),
  );
  const network = view.network.value;
  const blocks = model.result?.attention[network] ?? [];
  const asked = useAttention(model.result && blocks.length > 0 ? wantedOf(run, model.result) : undefined, newest);
  if (model.problem !== undefined) {
    return (
      <ErrorPanel title="The checkpoint cannot be used" problem={model.problem} onRetry={model.again}>
        {view.checkpoint.value !== 'newest' && (
          <div>
            <Button onClick={() => view.checkpoint.reset()}>Look at the newest that is whole</Button>
          </div>
        )}
      </ErrorPanel>
    );
  }
  if (model.result === undefined) return <Loading what="Opening the checkpoint" progress={model.progress} />;
  const { attention, refused } = model.result;
  if (attention.G.length + attention.D.length === 0) return <NoAttention model={model.result.model} />;
  // What is awaited may be of the other network.
  const seen = asked.result?.wanted.network === network ? asked.result : undefined;
  return (
    <div class="stack">
      {refused.map((reason) => (
        <p key={reason} class="attention-note warning">
          A newer checkpoint is damaged, and the one before it is shown. {reason}
        </p>
      ))}
      <Tabs
        label="Network"
        tabs={[
          { name: 'G', label: 'Generator' },
          { name: 'D', label: 'Discriminator' },
        ]}
        chosen={network}
        onChoose={(name) => {
          forget();
          view.network.set(name);
        }}
      >
        <div class="attention-columns">
          <div class="attention-left">
            {asked.problem !== undefined ? (
              <ErrorPanel title="No attention to show" problem={asked.problem} onRetry={asked.again} />
            ) : blocks.length === 0 ? (
              <Empty title={`The ${network === 'G' ? 'generator' : 'discriminator'} of this run does not attend`}>
                <p class="soft">Only its other network has attention blocks.</p>
              </Empty>
            ) : seen === undefined ? (
              <Loading what="Looking" progress={asked.progress} />
            ) : (
              <Pictures seen={seen} isBusy={asked.isBusy} />
            )}
            <p class="attention-note small soft">
              Attention is not an explanation. A map shows from where a block takes what it adds, not what the network
              makes of it or why; γ says how much is added.
            </p>
          </div>
          <div class="attention-right">
            <SubjectPanel run={run} detail={detail} model={model.result} />
            {seen !== undefined && asked.problem === undefined && (
              <>
                <PinsPanel seen={seen} />
                <WhatIfPanel seen={seen} />
                <TakeAlong seen={seen} model={model.result} />
              </>
            )}
          </div>
        </div>
      </Tabs>
      <OverTraining feed={feed} detail={detail} step={seen?.result.step ?? model.result.step} />
    </div>
  );
}

/** The large picture, the three of a change, the blocks. */
function Pictures({ seen, isBusy }: { readonly seen: Seen; readonly isBusy: boolean }) {
  const { result } = seen;
  const learned = usePixels(result.learned.image);
  const changed = usePixels(result.changed?.image);
  if (learned === undefined) return null;
  return (
    <Decoded
      seen={seen}
      isBusy={isBusy}
      pair={{ learned, changed: result.changed === undefined ? undefined : changed }}
    />
  );
}

function Decoded({ seen, isBusy, pair }: { readonly seen: Seen; readonly isBusy: boolean; readonly pair: Pair }) {
  const difference = useDifference(pair);
  const shown = shownOf(seen);
  if (shown === undefined) return null;
  const { result } = seen;
  const isDifference = view.picture.value === 'difference' && difference !== undefined;
  const pixels: Pixels = isDifference
    ? difference
    : view.picture.value === 'learned'
      ? pair.learned
      : (pair.changed ?? pair.learned);
  const warning = gammaWarning(shown.block);
  const pin = (next: Pin) => {
    const pins = withPin(view.pins.value, next);
    pointed.value = undefined;
    view.pins.set(pins);
    view.chosen.set(
      pins.findIndex((other) => isSamePin(other, next)),
      'replace',
    );
  };
  return (
    <>
      <section class="panel stack" aria-labelledby="attention-picture" aria-busy={isBusy}>
        <div class="row">
          <h2 id="attention-picture">{shown.block.name}</h2>
          <span class="soft small numbers">
            step {count(result.step)}
            {result.className !== undefined && `, ${result.className}`}
            {shown.observed.logit !== undefined && `, D(x) = ${shown.observed.logit.toFixed(2).replace('-', '−')}`}
          </span>
          <span class="row-end attention-busy">{isBusy && <span class="spinner" />}</span>
        </div>
        <Stage shown={shown} pixels={pixels} hasMap={!isDifference} onPin={pin} />
        <ChangedPictures seen={seen} pair={pair} difference={difference} />
        {warning !== undefined && <p class="attention-note warning small">{warning}</p>}
      </section>
      <BlockOverview seen={seen} pixels={pixels} />
    </>
  );
}

/** The pointer is of the picture that was. */
function forget(): void {
  pointed.value = undefined;
  readCell.value = undefined;
}
