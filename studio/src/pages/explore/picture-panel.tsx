/** The picture, what moves it, and the lattice around. */
import { useEffect, useState } from 'preact/hooks';
import { Button, IconButton } from '../../components/button.tsx';
import { Slider } from '../../components/field.tsx';
import { ErrorPanel, Loading } from '../../components/states.tsx';
import { announce } from '../../components/status.tsx';
import { count, short } from '../../format.ts';
import { latentCodec } from '../../points.ts';
import { useShortcuts } from '../../use-shortcuts.ts';
import { classWords } from './class-mix.ts';
import { changeLatent, type Explorer, pointOf, type usePicture } from './explorer.ts';
import { movedBy, nearestCorner } from './lattice.ts';
import { LatticeMap } from './lattice-map.tsx';
import { goToRandomSeed } from './point-panel.tsx';
import { Stage } from './stage.tsx';
import { keepPoint, TakeAlong } from './take-along.tsx';
import type { Walk } from './use-walk.ts';
import { view } from './view.ts';

const smallStep = 0.05;

export function PicturePanel({
  explorer,
  pictured: { picture, isBusy, problem, milliseconds, again },
  walk,
  onMoving,
}: {
  readonly explorer: Explorer;
  readonly pictured: ReturnType<typeof usePicture>;
  readonly walk: Walk;
  readonly onMoving: (isMoving: boolean) => void;
}) {
  const { model, point } = explorer;
  const [isAnimated, setAnimated] = useState(false);
  const animate = (next: boolean) => {
    walk.play(false);
    setAnimated(next);
    onMoving(next);
  };
  useAnimation(isAnimated, model);
  const move = (right: number, down: number) => {
    walk.play(false);
    changeLatent(model, movedBy(pointOf(model).latent, right, down), 'replace');
  };
  const goTo = (corner: { readonly x: number; readonly y: number }) => {
    animate(false);
    changeLatent(model, corner);
  };
  const snap = () => {
    const corner = nearestCorner(pointOf(model).latent);
    goTo(corner);
    announce(`At ${corner.x}, ${corner.y}`);
  };
  const playWalk = () => {
    animate(false);
    walk.play(!walk.isPlaying);
  };
  const reset = () => {
    animate(false);
    view.latent.reset();
    view.classes.reset('replace');
  };
  const arrows = [
    ['ArrowLeft', -1, 0, 'to the left'],
    ['ArrowRight', 1, 0, 'to the right'],
    ['ArrowUp', 0, -1, 'up'],
    ['ArrowDown', 0, 1, 'down'],
  ] as const;
  useShortcuts('Explore', [
    ...arrows.map(([keys, x, y, where]) => ({
      keys,
      does: `A small step ${where}`,
      run: () => move(x * smallStep, y * smallStep),
    })),
    ...arrows.map(([keys, x, y, where]) => ({
      keys: `Shift+${keys}`,
      does: `A whole cell ${where}`,
      run: () => move(x, y),
    })),
    { keys: 's', does: 'Snap to the nearest corner', run: snap },
    { keys: 'r', does: 'A random seed', run: () => goToRandomSeed(explorer) },
    { keys: 'a', does: 'Let it move by itself, or stop', run: () => animate(!isAnimated) },
    { keys: 'k', does: 'Keep this point', run: () => keepPoint(point) },
    { keys: ' ', does: 'Play the walk past the kept points, or stop', run: playWalk },
  ]);
  const { latent, classes } = point;
  const isAtCorner = Number.isInteger(latent.x) && Number.isInteger(latent.y);
  const { classNames, resolution } = model.images;
  const words = [
    `Seed ${latent.seed} at ${latent.x}, ${latent.y}`,
    ...(classNames.length > 0 ? [classWords(classes, classNames)] : []),
  ].join('; ');
  const frame = walk.frame ?? (picture && { image: picture.image, number: 0 });
  return (
    <section class="panel explore-picture" aria-label="Picture" aria-busy={isBusy}>
      <div class="row explore-head">
        <h2 class="numbers">
          Seed {latent.seed} <span class="soft">at</span> {latent.x.toFixed(2)}, {latent.y.toFixed(2)}
        </h2>
        <span class="row-end small soft numbers">
          {walk.frame !== undefined
            ? `walk, frame ${walk.frame.number + 1} of ${walk.frames}`
            : picture !== undefined &&
              `step ${count(picture.step)}${milliseconds === undefined ? '' : `, ${short(milliseconds, 2)} ms a picture`}`}
        </span>
      </div>
      {problem !== undefined && <ErrorPanel title="No picture of this point" problem={problem} onRetry={again} />}
      <div class="explore-seen">
        {frame === undefined ? (
          problem === undefined && <Loading what="Making the picture" />
        ) : (
          <Stage
            frame={frame}
            resolution={resolution}
            label={`Picture of ${words}. Arrow keys move through the lattice, with Shift by whole cells.`}
            onDrag={(isDragged) => {
              animate(false);
              onMoving(isDragged);
            }}
            onMove={move}
            onPress={playWalk}
          />
        )}
        {picture !== undefined && (
          <div class="explore-around">
            <LatticeMap explorer={explorer} milliseconds={milliseconds ?? 0} onChoose={goTo} />
            <p class="small soft" id="explore-how">
              Drag the picture to move between the latents of the lattice; or arrow keys, with Shift by a whole cell.
            </p>
            <div class="explore-motion">
              <Button icon={isAnimated ? 'pause' : 'play'} isPressed={isAnimated} onClick={() => animate(!isAnimated)}>
                Anim
              </Button>
              <Button isDisabled={isAtCorner} onClick={snap}>
                Snap
              </Button>
              <Button
                icon="reset"
                isDisabled={view.latent.value === undefined && view.classes.value === 0}
                onClick={reset}
              >
                Reset
              </Button>
              <IconButton icon="shuffle" label="A random seed" keys="r" onClick={() => goToRandomSeed(explorer)} />
            </div>
            <Slider
              label="Speed, cells a second"
              value={view.speed.value}
              initial={0.5}
              min={-5}
              max={5}
              step={0.1}
              format={(speed) => speed.toFixed(1).replace('-', '−')}
              onInput={(speed) => view.speed.set(speed, 'replace')}
            />
          </div>
        )}
      </div>
      <TakeAlong explorer={explorer} picture={picture} text={latentCodec.format(latent)} />
    </section>
  );
}

/** Moves to the right by itself. */
function useAnimation(isAnimated: boolean, model: Explorer['model']): void {
  const speed = view.speed.value;
  useEffect(() => {
    if (!isAnimated) return;
    const { x } = pointOf(model).latent;
    const started = performance.now();
    const draw = () => {
      const { y } = pointOf(model).latent;
      changeLatent(model, movedBy({ x, y }, (speed * (performance.now() - started)) / 1000, 0), 'replace');
      request = requestAnimationFrame(draw);
    };
    let request = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(request);
  }, [isAnimated, speed]);
}
