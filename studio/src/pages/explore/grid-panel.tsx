/** Many pictures at once: classes by latents, or what single numbers of the latent do. */
import { compute } from '../../api.ts';
import { Button, IconButton, LinkButton } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { NumberField, Select } from '../../components/field.tsx';
import { ErrorPanel, Loading } from '../../components/states.tsx';
import { short } from '../../format.ts';
import { alongDirection, withCoordinate } from '../../points.ts';
import { useRequest } from '../../use-request.ts';
import { useRoom } from '../../use-room.ts';
import { CoordinateRows } from './coordinate-rows.tsx';
import { type Explorer, ownReach, useRest } from './explorer.ts';
import { endPoint, type GridRequest, gridOf, mostRows } from './grid.ts';
import { useWalkFile } from './use-file.ts';
import { type GridKind, view } from './view.ts';

const kinds: readonly { readonly value: GridKind; readonly label: string }[] = [
  { value: 'classes', label: 'Classes by latents' },
  { value: 'coordinates', label: 'Single coordinates' },
  { value: 'directions', label: 'Directions' },
];

export function GridPanel({ explorer }: { readonly explorer: Explorer }) {
  const { model, point } = explorer;
  const kind = view.grid.value;
  const reach = view.reach.value ?? ownReach(model);
  const walk = gridOf(kind, {
    here: point,
    from: endPoint(view.from.value, point, view.kept.value),
    to: endPoint(view.to.value, point, view.kept.value),
    classCount: model.images.classes,
    rows: view.rows.value,
    coordinates: view.coordinates.value.filter((coordinate) => coordinate < model.latentDim),
    directions: Math.min(5, model.latentDim),
    reach,
    columns: view.columns.value,
  });
  return (
    <div class="stack">
      <div class="explore-fields wide">
        <Select label="Kind" value={kind} options={kinds} onInput={(next) => view.grid.set(next)} />
        {kind === 'classes' ? (
          <>
            <EndSelect label="From" value={view.from.value} onInput={(end) => view.from.set(end)} />
            <EndSelect label="To" value={view.to.value} onInput={(end) => view.to.set(end)} />
          </>
        ) : (
          <NumberField
            label="Range ±"
            value={reach}
            initial={ownReach(model)}
            min={0.1}
            max={100}
            step={0.5}
            onInput={(next) => view.reach.set(next === ownReach(model) ? undefined : next, 'replace')}
          />
        )}
        <NumberField
          label="Columns"
          value={view.columns.value}
          initial={7}
          min={2}
          max={16}
          isInteger
          onInput={(columns) => view.columns.set(columns, 'replace')}
        />
      </div>
      {kind === 'classes' && model.images.classes > 0 && <ClassRows explorer={explorer} />}
      {kind === 'coordinates' && <CoordinateRows explorer={explorer} reach={reach} />}
      {walk === undefined ? (
        <p class="soft">Choose a coordinate, and its row appears.</p>
      ) : (
        <Grid explorer={explorer} walk={walk} />
      )}
    </div>
  );
}

function EndSelect({
  label,
  value,
  onInput,
}: {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
}) {
  const kept = view.kept.value.map((_, i) => ({ value: String(i + 1), label: `Kept point ${i + 1}` }));
  const options = [{ value: 'here', label: 'This point' }, { value: 'right', label: 'One cell right' }, ...kept];
  return (
    <Select
      label={label}
      value={options.some((option) => option.value === value) ? value : 'here'}
      options={options}
      onInput={onInput}
    />
  );
}

function ClassRows({ explorer: { model } }: { readonly explorer: Explorer }) {
  const { classes, classNames } = model.images;
  const rows = view.rows.value.filter((label) => label < classes);
  const options = classNames.map((label, index) => ({ value: String(index), label }));
  return (
    <div class="row explore-chips">
      {rows.length === 0 && (
        <span class="small soft">
          {classes > mostRows ? `A row for each of the first ${mostRows} classes.` : 'A row for each class.'}
        </span>
      )}
      {rows.map((label) => (
        <span key={label} class="explore-chip">
          {classNames[label]}
          <IconButton
            icon="close"
            label={`Take ${classNames[label]} out`}
            onClick={() => view.rows.set(rows.filter((other) => other !== label))}
          />
        </span>
      ))}
      <span class="explore-add">
        <Select
          label="Only these classes"
          value="none"
          options={[{ value: 'none', label: 'Add …' }, ...options.filter(({ value }) => !rows.includes(Number(value)))]}
          onInput={(label) => label !== 'none' && view.rows.set([...rows, Number(label)])}
        />
      </span>
    </div>
  );
}

interface GridSeen {
  readonly src: string;
  readonly rows: readonly string[];
  readonly values: readonly number[] | undefined;
  readonly walk: GridRequest;
  readonly command: string;
}

function Grid({ explorer, walk }: { readonly explorer: Explorer; readonly walk: GridRequest }) {
  const { place } = explorer;
  const rested = useRest(explorer, { place, walk });
  const { result, isBusy, progress, problem, again } = useRequest(
    rested && JSON.stringify(rested),
    async (signal, onProgress): Promise<GridSeen> => {
      const { tiles = '', rows, values, command } = await compute('walk', { place, walk }, { signal, onProgress });
      return { src: tiles, rows, values, walk, command };
    },
  );
  if (problem !== undefined) return <ErrorPanel title="The grid could not be made" problem={problem} onRetry={again} />;
  if (result === undefined) return <Loading what="Making images" progress={progress} />;
  return (
    <>
      <Tiles explorer={explorer} seen={result} isOld={isBusy || rested === undefined} />
      {result.values !== undefined && <p class="small soft">Click on a picture to go there.</p>}
      <SheetFile explorer={explorer} walk={walk} />
    </>
  );
}

function Tiles({
  explorer: { model, point },
  seen: { src, rows, values, walk },
  isOld,
}: {
  readonly explorer: Explorer;
  readonly seen: GridSeen;
  readonly isOld: boolean;
}) {
  const { place, room } = useRoom<HTMLDivElement>();
  const { resolution } = model.images;
  const columns = walk.frames;
  const scale = Math.max(1, Math.floor(room / (columns * resolution)));
  const width = Math.min(room, scale * columns * resolution);
  const height = (width / columns) * rows.length;
  const traversals = walk.traversals ?? [];
  const take = ({ what, number }: NonNullable<GridRequest['traversals']>[number], value: number) => {
    const { latent } = point;
    const before = latent.directions.find(({ direction }) => direction === number)?.amount ?? 0;
    const to = Math.round(100 * (what === 'direction' ? before + value : value)) / 100;
    view.latent.set(what === 'direction' ? alongDirection(latent, number, to) : withCoordinate(latent, number, to));
  };
  return (
    <div class={`explore-grid ${isOld ? 'old' : ''}`} aria-busy={isOld}>
      <div
        class="explore-grid-rows small soft"
        style={{ gridTemplateRows: `repeat(${rows.length}, 1fr)`, height: `${height}px` }}
      >
        {rows.map((label) => (
          <span key={label} title={label}>
            {label.replace(/^(coordinate|direction) /, '')}
          </span>
        ))}
      </div>
      <div class="explore-grid-place" ref={place}>
        {values !== undefined && (
          <div
            class="explore-grid-values small soft numbers"
            style={{ gridTemplateColumns: `repeat(${columns}, 1fr)`, width: `${width}px` }}
          >
            {values.map((value) => (
              <span key={value}>{short(value, 2).replace('-', '−')}</span>
            ))}
          </div>
        )}
        <div class="explore-tiles" style={{ width: `${width}px`, height: `${height}px` }}>
          <img
            class="pixels"
            src={src}
            width={width}
            height={height}
            draggable={false}
            alt={gridWords(rows, columns, traversals.length > 0)}
          />
          {traversals.length > 0 && (
            <div class="explore-takes" style={{ gridTemplateColumns: `repeat(${columns}, 1fr)` }}>
              {traversals.flatMap((traversal) =>
                (values ?? []).map((value) => (
                  // Whoever uses the keyboard has a slider for each row.
                  <button
                    key={`${traversal.number} ${value}`}
                    type="button"
                    tabIndex={-1}
                    aria-label={`Go to ${short(value, 2)} of ${traversal.what} ${traversal.number}`}
                    onClick={() => take(traversal, value)}
                  />
                )),
              )}
            </div>
          )}
        </div>
      </div>
    </div>
  );
}

function gridWords(rows: readonly string[], columns: number, isTraversal: boolean): string {
  const across = isTraversal ? 'its values from low to high' : 'from one latent to the other';
  return `${rows.length} rows of ${columns} pictures, ${across}: ${rows.join(', ')}`;
}

function SheetFile({ explorer: { place }, walk }: { readonly explorer: Explorer; readonly walk: GridRequest }) {
  const { key, made, progress, problem, make } = useWalkFile({ place, walk, as: 'png' });
  return (
    <>
      <div class="row">
        <Button icon="save" isBusy={progress !== undefined} onClick={make}>
          Make a sheet with captions
        </Button>
        {made !== undefined && made.key === key && (
          <>
            <LinkButton look="primary" icon="download" href={made.file.url} download={made.file.name}>
              Download
            </LinkButton>
            <CopyButton label="Copy its command" text={() => made.command} />
          </>
        )}
      </div>
      {problem !== undefined && <ErrorPanel title="The sheet could not be made" problem={problem} onRetry={make} />}
    </>
  );
}
