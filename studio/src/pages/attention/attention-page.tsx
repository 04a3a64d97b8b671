/** Click a pixel and see where it attends. */
import { useEffect, useMemo } from 'preact/hooks';
import type { RunDetail } from '../../../../src/server/api.ts';
import { compute } from '../../api.ts';
import { Button } from '../../components/button.tsx';
import { Empty, ErrorPanel, Loading } from '../../components/states.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useRequest } from '../../use-request.ts';
import { NoCheckpoint } from '../run/no-checkpoint.tsx';
import { RunFeed } from '../run/run-feed.ts';
import './attention-page.css';
import { BlockOverview } from './block-overview.tsx';
import { NoAttention } from './no-attention.tsx';
import { OverTraining } from './over-training.tsx';
import { PicturePanel } from './picture-panel.tsx';
import { PinsPanel } from './pins-panel.tsx';
import { SubjectPanel } from './subject-panel.tsx';
import { TakeAlong } from './take-along.tsx';
import { useAttention, wantedOf } from './use-attention.ts';
import { usePair } from './use-pair.ts';
import { pointed, readCell, view } from './view.ts';
import { WhatIfPanel } from './what-if-panel.tsx';

export function AttentionPage({ run }: { readonly run: string }) {
  const feed = useMemo(() => new RunFeed(run, () => undefined), [run]);
  useEffect(() => () => feed.close(), [feed]);
  useEffect(() => forget, [run]);
  const detail = feed.detail.value;
  const problem = feed.problem.value ?? (detail?.state === 'damaged' ? detail.reason : undefined);
  if (problem !== undefined) {
    return <ErrorPanel title="This run cannot be shown" problem={problem} onRetry={() => void feed.begin()} />;
  }
  if (detail === undefined) return <Loading what="Reading the run" />;
  if (detail.checkpoints.length === 0) return <NoCheckpoint detail={detail} what="Its attention can be looked at" />;
  return <Attention feed={feed} detail={detail} />;
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
  // What is awaited may be of the other network.
  const seen = asked.result?.wanted.network === network ? asked.result : undefined;
  const pair = usePair(seen);
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
  return (
    <div class="stack">
      {refused.map((reason) => (
        <p key={reason} class="attention-note">
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
            ) : seen === undefined || pair === undefined ? (
              <Loading what="Looking" progress={asked.progress} />
            ) : (
              <PicturePanel seen={seen} pair={pair} isBusy={asked.isBusy} />
            )}
            <p class="small soft">
              Attention is not an explanation. A map shows from where a block takes what it adds, not what the network
              makes of it or why; γ says how much is added.
            </p>
          </div>
          <div class="attention-right">
            <SubjectPanel run={run} detail={detail} model={model.result} />
            {seen !== undefined && pair !== undefined && asked.problem === undefined && (
              <>
                <BlockOverview seen={seen} pair={pair} />
                <PinsPanel seen={seen} />
                <WhatIfPanel seen={seen} />
                <TakeAlong seen={seen} model={model.result} />
              </>
            )}
          </div>
        </div>
      </Tabs>
      <OverTraining
        feed={feed}
        detail={detail}
        step={seen?.result.step ?? model.result.step}
        isFirst={blocks.length === 0 || asked.result !== undefined || asked.problem !== undefined}
      />
    </div>
  );
}

/** The pointer is of the picture that was. */
function forget(): void {
  pointed.value = undefined;
  readCell.value = undefined;
}
