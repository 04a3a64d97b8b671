/** What the network would do if it attended otherwise: the picture changes beside the learned one. */
import { Button } from '../../components/button.tsx';
import { Select, Slider } from '../../components/field.tsx';
import { useShortcuts } from '../../use-shortcuts.ts';
import { mainBlock, type Seen } from './use-attention.ts';
import { picturesOf, view } from './view.ts';
import { signed } from './words.ts';

/** The slider's ends; γ that is learned or set beyond them widens it. */
const gammaReach = 3;

export function WhatIfPanel({ seen }: { readonly seen: Seen }) {
  const { gamma, map, windowPixels } = view;
  const { learned, resolution } = seen.result;
  const learnedGamma = mainBlock(learned.blocks)?.gamma ?? 0;
  const shownGamma = gamma.value ?? learnedGamma;
  const reach = Math.max(gammaReach, Math.ceil(Math.abs(shownGamma)));
  const toggleOff = () => gamma.set(gamma.value === 0 ? undefined : 0);
  const toggleUniform = () => map.set(map.value === 'uniform' ? 'learned' : 'uniform');
  useShortcuts('Attention: what if', [
    { keys: '0', does: 'γ = 0: attention off, or on again', run: toggleOff },
    { keys: 'u', does: 'Uniform attention, or learned', run: toggleUniform },
    {
      keys: 'w',
      does: 'A local window, or learned',
      run: () => map.set(map.value === 'window' ? 'learned' : 'window'),
    },
    { keys: 'c', does: 'Changed, learned, difference', run: nextPicture },
  ]);
  return (
    <section class="panel stack" aria-labelledby="attention-what-if">
      <h2 id="attention-what-if">What if</h2>
      <fieldset class="attention-choice">
        <legend>γ, the weight of attention</legend>
        <Button isPressed={gamma.value === undefined} onClick={() => gamma.reset()}>
          As learned
        </Button>
        <Button isPressed={gamma.value === 0} onClick={toggleOff}>
          γ = 0
        </Button>
      </fieldset>
      <Slider
        label="γ of all blocks"
        min={-reach}
        max={reach}
        step={0.05}
        value={shownGamma}
        format={(value) => `${gamma.value === undefined ? 'learned, ' : ''}${signed(value, 2)}`}
        onInput={(value) => gamma.set(value, 'replace')}
      />
      <Select
        label="Each pixel looks"
        value={map.value}
        options={[
          { value: 'learned', label: 'where it has learned to' },
          { value: 'uniform', label: 'everywhere alike' },
          { value: 'window', label: 'around itself only' },
        ]}
        onInput={(value) => map.set(value)}
      />
      {map.value === 'window' && (
        <Slider
          label="Radius of the window"
          min={0}
          max={resolution}
          step={1}
          value={windowPixels.value}
          format={(value) => `${value} pixels`}
          onInput={(value) => windowPixels.set(value, 'replace')}
        />
      )}
    </section>
  );
}

function nextPicture(): void {
  const names = picturesOf(view.network.value);
  view.picture.set(names[(names.indexOf(view.picture.value) + 1) % names.length] ?? 'changed', 'replace');
}
