import { useShortcuts } from '../../use-shortcuts.ts';
import { HeatPicture } from './heat-picture.tsx';
import { readBlock } from './maps.ts';
import type { Block } from './pins.ts';
import { type Seen, shownOf } from './use-attention.ts';
import { type Pair, shownPicture } from './use-pair.ts';
import { view } from './view.ts';
import { signed } from './words.ts';

/** All attention blocks of the network at the pixel that is asked about; pressing one makes it the main one. */
export function BlockOverview({ seen, pair }: { readonly seen: Seen; readonly pair: Pair }) {
  const shown = shownOf(seen);
  const blocks = shown?.observed.blocks ?? [];
  useShortcuts(
    'Attention: blocks',
    blocks.slice(0, 9).map(({ name }, i) => ({
      keys: String(i + 1),
      does: `Block ${name}`,
      run: () => view.block.set(name),
    })),
  );
  if (shown === undefined) return null;
  return (
    <section class="panel stack" aria-labelledby="attention-blocks">
      <h2 id="attention-blocks">Attention blocks</h2>
      <ul class="attention-blocks">
        {blocks.map((block, i) => (
          <li key={block.name}>
            <button
              type="button"
              aria-pressed={block.name === shown.block.name}
              onClick={() => view.block.set(block.name)}
            >
              <HeatPicture
                pixels={shownPicture(pair).pixels}
                reading={readBlock(block, shown.current, shown.resolution)}
                opacity={view.opacity.value}
              />
              <span class="attention-block-words">
                <strong>
                  {block.name}
                  {blocks.length > 1 && i < 9 && <kbd>{i + 1}</kbd>}
                </strong>
                <BlockNumbers block={block} />
              </span>
            </button>
          </li>
        ))}
      </ul>
      <p class="small soft">
        Means over all queries. Entropy is largest, and the distance that of “evenly”, where attention looks everywhere
        alike.
      </p>
    </section>
  );
}

function BlockNumbers({ block }: { readonly block: Block }) {
  const { gamma, queryGrid, keyGrid, meanEntropyBits, maximumEntropyBits, meanDistance, uniformDistance } = block;
  const rows = [
    ['γ', gamma === null ? 'none' : signed(gamma)],
    ['Entropy', `${meanEntropyBits.toFixed(2)} of ${maximumEntropyBits.toFixed(2)} bits`],
    ['Distance', `${meanDistance.toFixed(2)} sides, evenly ${uniformDistance.toFixed(2)}`],
    ['Grids', `${queryGrid.join('×')} queries, ${keyGrid.join('×')} keys`],
  ];
  return (
    <>
      {rows.map(([name, value]) => (
        <span key={name} class="small numbers">
          <span class="soft">{name}</span> {value}
        </span>
      ))}
    </>
  );
}
