import { useEffect, useState } from 'preact/hooks';
import { compute, type Progress } from '../../api.ts';
import { useRequest } from '../../use-request.ts';
import { decoded, type Explorer, useRest } from './explorer.ts';
import type { Frame } from './stage.tsx';
import { view } from './view.ts';
import { frameAt, playableFrames, walkOf } from './walk.ts';

export interface Walk {
  readonly isPlaying: boolean;
  /** What is to be seen while it plays. */
  readonly frame: Frame | undefined;
  /** That play in place; a file may have more. */
  readonly frames: number;
  readonly canPlay: boolean;
  readonly progress: Progress | undefined;
  readonly problem: string | undefined;
  /** Draws the walk again. */
  readonly command: string | undefined;
  again(): void;
  play(isPlaying: boolean): void;
}

/** The walk past the kept points. Its frames are fetched when they may be wanted, and played from here. */
export function useWalk(explorer: Explorer): Walk {
  const [isPlaying, setPlaying] = useState(false);
  const [number, setNumber] = useState(0);
  const { place, model } = explorer;
  const { resolution, classes } = model.images;
  const kept = view.kept.value;
  const [loops, framesPerSecond] = [view.loops.value, view.framesPerSecond.value];
  const frames = playableFrames(view.frames.value, resolution);
  const canPlay = kept.length > 1;
  const isWanted = canPlay && (isPlaying || view.tab.value === 'walk');
  const wanted = { place, walk: walkOf(kept, { hasClasses: classes > 0, frames, loop: loops }) };
  const rested = useRest(explorer, wanted);
  const asked = useRequest(isWanted && rested ? JSON.stringify(rested) : undefined, async (signal, onProgress) => {
    const { tiles = '', command } = await compute('walk', { place, walk: wanted.walk }, { signal, onProgress });
    return { image: await decoded(tiles), command, frames };
  });
  const sheet = asked.isBusy ? undefined : asked.result;
  useEffect(() => {
    if (!isPlaying || sheet === undefined) return;
    const started = performance.now();
    const draw = () => {
      const next = frameAt(performance.now() - started, { frames: sheet.frames, framesPerSecond, loops });
      if (next === undefined) return setPlaying(false);
      setNumber(next);
      request = requestAnimationFrame(draw);
    };
    let request = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(request);
  }, [isPlaying, sheet, framesPerSecond, loops]);
  const { progress, problem, again } = asked;
  return {
    isPlaying: isPlaying && canPlay,
    frame:
      isPlaying && sheet !== undefined ? { image: sheet.image, number: Math.min(number, sheet.frames - 1) } : undefined,
    frames,
    canPlay,
    progress,
    problem,
    command: asked.result?.command,
    again,
    play: (next) => {
      setNumber(0);
      setPlaying(next && canPlay);
    },
  };
}
