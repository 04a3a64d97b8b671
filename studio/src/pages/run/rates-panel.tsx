import { useState } from 'preact/hooks';
import type { RunDetail } from '../../../../src/server/api.ts';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { NumberField } from '../../components/field.tsx';
import { Empty } from '../../components/states.tsx';
import { count } from '../../format.ts';
import { isActive } from './control-words.ts';
import { EventList } from './events-panel.tsx';
import type { RunFeed } from './run-feed.ts';
import { askTrainer } from './run-header.tsx';

type Rates = NonNullable<RunDetail['control']>['learningRates'];
const networks = ['generator', 'discriminator'] as const;

/** The learning rates that a run trains with, to be changed while it does. */
export function RatesPanel({ feed, detail }: { readonly feed: RunFeed; readonly detail: RunDetail }) {
  const { control } = detail;
  const recorded = detail.events.filter(({ type }) => type === 'learningRates' || type === 'rollback');
  if (control === undefined) {
    return (
      <Empty title="The rates are not known">
        <p class="soft">The config of this run names no learning rates.</p>
      </Empty>
    );
  }
  const { learningRates } = control;
  return (
    <div class="stack">
      <section class="panel stack" aria-label="Learning rates">
        {isActive(detail) ? (
          <RatesForm
            key={`${learningRates.generator} ${learningRates.discriminator}`}
            feed={feed}
            present={learningRates}
            step={detail.step}
          />
        ) : (
          <>
            <p class="numbers">
              Generator <b>{learningRates.generator}</b>, discriminator <b>{learningRates.discriminator}</b>
            </p>
            <p class="soft small">They can be changed while the run trains. Resume it first.</p>
          </>
        )}
        <p class="soft small">
          Base rates, before a schedule's decay and the factor of a return. A change is written into the run's log and
          holds after a resumption, too.
        </p>
      </section>
      <section class="stack" aria-label="Changes">
        <h2>Changes</h2>
        {recorded.length === 0 ? (
          <p class="soft">None: it has trained with the rates of its config all the time.</p>
        ) : (
          <EventList events={recorded} />
        )}
      </section>
    </div>
  );
}

function RatesForm({
  feed,
  present,
  step,
}: {
  readonly feed: RunFeed;
  readonly present: Rates;
  readonly step: number;
}) {
  const [wanted, setWanted] = useState<Rates>(present);
  const [isAsking, setAsking] = useState(false);
  const changed = networks.filter((network) => wanted[network] !== present[network]);
  const apply = () => {
    setAsking(false);
    void askTrainer(feed, {
      do: 'learningRates',
      ...Object.fromEntries(changed.map((network) => [network, wanted[network]])),
    });
  };
  return (
    <form
      class="rates"
      onSubmit={(event) => {
        event.preventDefault();
        if (changed.length > 0) setAsking(true);
      }}
    >
      {networks.map((network) => (
        <NumberField
          key={network}
          label={network === 'generator' ? 'Generator' : 'Discriminator'}
          value={wanted[network]}
          initial={present[network]}
          min={1e-12}
          onInput={(rate) => setWanted({ ...wanted, [network]: rate })}
        />
      ))}
      <Button type="submit" look="primary" isDisabled={changed.length === 0}>
        Apply …
      </Button>
      {isAsking && (
        <Dialog title="Change the learning rates?" onClose={() => setAsking(false)}>
          <div class="stack">
            <ul class="stack numbers">
              {changed.map((network) => (
                <li key={network}>
                  {network === 'generator' ? 'Generator' : 'Discriminator'}: {present[network]} →{' '}
                  <b>{wanted[network]}</b>{' '}
                  <span class="soft">(× {Number((wanted[network] / present[network]).toPrecision(3))})</span>
                </li>
              ))}
            </ul>
            <p class="soft">
              From the step after the one in progress on, about step {count(step + 1)}. The run is then no longer what
              its config says alone; the change stands in its log.
            </p>
            <div class="row dialog-actions">
              <Button onClick={() => setAsking(false)}>Cancel</Button>
              <Button look="primary" onClick={apply}>
                Apply
              </Button>
            </div>
          </div>
        </Dialog>
      )}
    </form>
  );
}
