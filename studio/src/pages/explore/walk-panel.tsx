/** Points that are kept, the walk past them, and its file. */
import { Button, IconButton, LinkButton } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { NumberField, Select, Toggle } from '../../components/field.tsx';
import { Empty, ErrorPanel, Progress } from '../../components/states.tsx';
import { bytes } from '../../format.ts';
import { latentCodec, type Point } from '../../points.ts';
import { useCompute } from '../../use-request.ts';
import { classWords } from './class-mix.ts';
import type { Explorer } from './explorer.ts';
import { useWalkFile } from './use-file.ts';
import type { Walk } from './use-walk.ts';
import { view, walkFormats } from './view.ts';
import { shifted, walkOf } from './walk.ts';

export function WalkPanel({
  explorer,
  walk,
  onKeep,
}: {
  readonly explorer: Explorer;
  readonly walk: Walk;
  readonly onKeep: () => void;
}) {
  const kept = view.kept.value;
  if (kept.length === 0) {
    return (
      <Empty title="Keep points to walk between">
        <p class="soft">
          Go somewhere, keep the point (k), go on, keep the next. The walk passes them in their order, and their classes
          with them.
        </p>
        <Button icon="pin" look="primary" onClick={onKeep}>
          Keep this point
        </Button>
      </Empty>
    );
  }
  return (
    <div class="stack">
      <KeptStrip explorer={explorer} kept={kept} />
      {!walk.canPlay && <p class="soft">Keep one more point, and there is a walk between them.</p>}
      <div class="explore-fields">
        <NumberField
          label="Frames"
          value={view.frames.value}
          initial={60}
          min={2}
          max={600}
          isInteger
          onInput={(frames) => view.frames.set(frames, 'replace')}
        />
        <NumberField
          label="Frames a second"
          value={view.framesPerSecond.value}
          initial={20}
          min={1}
          max={60}
          isInteger
          onInput={(speed) => view.framesPerSecond.set(speed, 'replace')}
        />
      </div>
      <Toggle
        label="Loop: come back to the first point"
        value={view.loops.value}
        onInput={(loops) => view.loops.set(loops)}
      />
      <div class="row">
        <Button
          icon={walk.isPlaying ? 'stop' : 'play'}
          look="primary"
          isDisabled={!walk.canPlay}
          onClick={() => walk.play(!walk.isPlaying)}
        >
          {walk.isPlaying ? 'Stop' : 'Play the walk'}
        </Button>
        {walk.canPlay && walk.frames < view.frames.value && (
          <span class="small soft">In place it plays {walk.frames} frames; a file has all.</span>
        )}
      </div>
      {walk.progress !== undefined && <Progress {...walk.progress} />}
      {walk.problem !== undefined && (
        <ErrorPanel title="The walk could not be made" problem={walk.problem} onRetry={walk.again} />
      )}
      {walk.canPlay && <WalkFile explorer={explorer} kept={kept} />}
    </div>
  );
}

function KeptStrip({
  explorer: { place, model },
  kept,
}: {
  readonly explorer: Explorer;
  readonly kept: readonly Point[];
}) {
  const { result } = useCompute('images', { place, points: [...kept] });
  const { classNames } = model.images;
  return (
    <ol class="explore-kept">
      {kept.map(({ latent, classes }, i) => {
        const src = result?.pictures[i];
        const words = [
          latentCodec.format(latent),
          ...(classNames.length > 0 ? [classWords(classes, classNames)] : []),
        ].join(', ');
        return (
          // Points may be kept twice.
          <li key={`${i} ${words}`}>
            <button
              type="button"
              class="explore-thumb"
              aria-label={`Go to point ${i + 1}: ${words}`}
              title={words}
              onClick={() => {
                view.latent.set(latent);
                view.classes.set(classes, 'replace');
              }}
            >
              {src !== undefined && <img src={src} alt="" />}
            </button>
            <span class="explore-kept-tools">
              <IconButton
                icon="left"
                label={`Point ${i + 1} earlier`}
                isDisabled={i === 0}
                onClick={() => view.kept.set(shifted(kept, i, -1))}
              />
              <IconButton
                icon="close"
                label={`Take point ${i + 1} out`}
                onClick={() => view.kept.set(kept.toSpliced(i, 1))}
              />
              <IconButton
                icon="right"
                label={`Point ${i + 1} later`}
                isDisabled={i === kept.length - 1}
                onClick={() => view.kept.set(shifted(kept, i, 1))}
              />
            </span>
          </li>
        );
      })}
    </ol>
  );
}

const fileSide = 256;

function WalkFile({
  explorer: { place, model },
  kept,
}: {
  readonly explorer: Explorer;
  readonly kept: readonly Point[];
}) {
  const { resolution, classes } = model.images;
  const ownEnlarge = Math.max(1, Math.floor(fileSide / resolution));
  const enlarge = view.enlarge.value ?? ownEnlarge;
  const format = view.format.value;
  const { key, made, progress, problem, make } = useWalkFile({
    place,
    walk: walkOf(kept, { hasClasses: classes > 0, frames: view.frames.value, loop: view.loops.value }),
    as: format,
    framesPerSecond: view.framesPerSecond.value,
    enlarge,
  });
  return (
    <section class="stack explore-file" aria-label="Export">
      <div class="explore-fields">
        <Select
          label="File"
          value={format}
          options={walkFormats.map((value) => ({
            value,
            label: value === 'webp' ? 'WebP, without loss' : 'GIF, 256 colours',
          }))}
          onInput={(next) => view.format.set(next)}
        />
        <NumberField
          label={`Enlarged, to ${enlarge * resolution} px`}
          value={enlarge}
          initial={ownEnlarge}
          min={1}
          max={64}
          isInteger
          onInput={(times) => view.enlarge.set(times === ownEnlarge ? undefined : times, 'replace')}
        />
      </div>
      <div class="row">
        <Button icon="save" isBusy={progress !== undefined} onClick={make}>
          Make the file
        </Button>
        {made !== undefined && made.key === key && (
          <>
            <LinkButton look="primary" icon="download" href={made.file.url} download={made.file.name}>
              Download {made.file.name} ({bytes(made.file.sizeBytes)})
            </LinkButton>
            <CopyButton label="Copy its command" text={() => made.command} />
          </>
        )}
      </div>
      {progress !== undefined && <Progress {...progress} />}
      {problem !== undefined && <ErrorPanel title="The file could not be made" problem={problem} onRetry={make} />}
    </section>
  );
}
