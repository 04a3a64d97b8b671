/** What is known of a dataset without looking at its images. */
import type { TaskResult } from '../../../../src/compute/tasks/index.ts';
import { Icon } from '../../components/icons.tsx';
import { Bar } from '../../components/states.tsx';
import { count, short } from '../../format.ts';
import { chosenClass, showClass } from './source.ts';

type Dataset = TaskResult<'dataset'>;

/** A row of facts: what it is, where, how many, in which form. */
export function Summary({ of }: { readonly of: Dataset }) {
  const { name, folder, count: images, classes, resolution, channels, holdOut } = of;
  const facts = [
    ['Images', count(images)],
    ['Classes', classes.length === 0 ? 'none' : count(classes.length)],
    ['Training sees', `${resolution} × ${resolution}, ${channels === 1 ? 'grey' : 'RGB'}`],
    ...(holdOut > 0 ? [['Held out', `${short(100 * holdOut)} %`]] : []),
  ];
  return (
    <section class="panel data-summary" aria-label="Summary">
      <div class="data-where">
        <h2>{name}</h2>
        {folder !== name && <p class="soft small">{folder}</p>}
      </div>
      <dl>
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt class="soft small">{term}</dt>
            <dd class="numbers">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** What should be looked after before training. */
export function Warnings({ of, duplicates }: { readonly of: Dataset; readonly duplicates: readonly string[] }) {
  const { badFileCount, doesSkipBad, warnings } = of;
  const files = badFileCount === 1 ? '1 file cannot be used' : `${count(badFileCount)} files cannot be used`;
  const bad = doesSkipBad
    ? `${files}; training passes over them.`
    : `${files}: training would stop there. Mend or remove them, or train with --skip-bad.`;
  const all = [...(badFileCount === 0 ? [] : [bad]), ...warnings, ...duplicates];
  if (all.length === 0) return null;
  return (
    <ul class="data-warnings" aria-label="Warnings">
      {all.map((warning) => (
        <li key={warning}>
          <Icon name="warning" />
          <span>{warning}</span>
        </li>
      ))}
    </ul>
  );
}

/** Images a class, as bars; a class shows its images above. */
export function Classes({ of: { classes } }: { readonly of: Dataset }) {
  const most = Math.max(1, ...classes.map((entry) => entry.count));
  return (
    <section class="panel stack">
      <h2>Classes</h2>
      <ul class="data-classes">
        {classes.map(({ name, count: images }, index) => (
          <li key={name}>
            <button
              type="button"
              aria-pressed={chosenClass.value === index}
              onClick={() => showClass(chosenClass.value === index ? -1 : index)}
            >
              <span class="data-class">{name}</span>
              <Bar value={images / most} label={`Images of ${name}, beside the largest class`} />
              <span class="numbers">{count(images)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Sizes and colours as they were before the loader. */
export function Sizes({ of }: { readonly of: Dataset }) {
  const { sizes, sizeCount, smallest, largest, kinds } = of;
  const written = ({ width, height }: { readonly width: number; readonly height: number }) => `${width} × ${height}`;
  return (
    <section class="panel stack">
      <h2>Sizes and colours</h2>
      <CountTable
        caption="Sizes of the images before they are cropped and resized"
        heading="Width × height"
        rows={sizes.map((size) => [written(size), size.count])}
      />
      {sizeCount > sizes.length && <p class="soft small">and {count(sizeCount - sizes.length)} sizes more</p>}
      {sizeCount > 1 && (
        <p class="soft small">
          From {written(smallest)} to {written(largest)} pixels
        </p>
      )}
      <CountTable
        caption="Colour models of the images"
        heading="Colours"
        rows={kinds.map((entry) => [entry.kind, entry.count])}
      />
    </section>
  );
}

function CountTable({
  caption,
  heading,
  rows,
}: {
  readonly caption: string;
  readonly heading: string;
  readonly rows: readonly (readonly [string, number])[];
}) {
  return (
    <div class="data-scroll">
      <table class="data-table">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{heading}</th>
            <th scope="col" class="number">
              Images
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([label, images]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td class="number">{count(images)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function BadFiles({ of: { badFiles, badFileCount } }: { readonly of: Dataset }) {
  return (
    <section class="panel stack">
      <h2>Files that cannot be used</h2>
      <ul class="data-scroll data-bad">
        {badFiles.map(({ path, reason }) => (
          <li key={path}>
            <code>{path}</code>
            <p class="soft small">{reason}</p>
          </li>
        ))}
      </ul>
      {badFileCount > badFiles.length && (
        <p class="soft small">and {count(badFileCount - badFiles.length)} more; sagan data lists them all</p>
      )}
    </section>
  );
}
