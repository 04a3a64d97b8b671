/** What the page asks the compute process, and how its parts change where they are. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { TaskRequest, TaskResult } from '../../../../src/compute/tasks/index.ts';
import { compute, isAbort, problemOf } from '../../api.ts';
import { followNewest } from '../../follow-newest.ts';
import { cornerOf, type Latent, type Point } from '../../points.ts';
import type { HistoryStep } from '../../router.ts';
import { view } from './view.ts';

export type Model = TaskResult<'model'>;
export type Place = Required<TaskRequest<'images'>['place']>;

/** What all parts of the page are about. */
export interface Explorer {
  readonly run: string;
  /** The checkpoint whose picture is seen: a newer one may come at any moment. */
  readonly place: Place;
  readonly model: Model;
  /** Where the page is. */
  readonly point: Point;
  /** Somebody drags it, or it moves by itself: what is not needed at once waits. */
  readonly isMoving: boolean;
}

/** Goes elsewhere from where the address is. */
export function changeLatent(model: Model, change: Partial<Latent>, how: HistoryStep = 'push'): void {
  view.latent.set({ ...latentOf(model), ...change }, how);
}

/** Where the address is. Not more classes than there are: links are made by hand, too. */
export function pointOf(model: Model): Point {
  return { latent: latentOf(model), classes: model.images.classes === 0 ? 0 : view.classes.value };
}

function latentOf({ seed }: Model): Latent {
  return view.latent.value ?? cornerOf(seed);
}

/** How far a traversal goes by default: as far as latents do. */
export function ownReach({ latents }: Model): number {
  return latents === 'uniform' ? 1 : 3;
}

export interface Picture {
  readonly point: Point;
  readonly src: string;
  readonly image: HTMLImageElement;
  readonly step: number;
  readonly command: string;
}

interface Pictured {
  /** The newest that has come; while one moves it is a moment behind. */
  readonly picture: Picture | undefined;
  readonly isBusy: boolean;
  readonly problem: string | undefined;
  /** From asking to seeing, the middle of the last few. */
  readonly milliseconds: number | undefined;
  again(): void;
}

interface Wanted {
  readonly key: string;
  readonly place: Place;
  readonly point: Point;
}

interface Times {
  readonly checkpoint: Place['checkpoint'] | undefined;
  readonly all: readonly number[];
}

const timesKept = 9;

/** The picture of a point, which may change at every moment. `newest` is the newest checkpoint, of which the answer may depend. */
export function usePicture(place: Place, point: Point | undefined, newest: number | undefined): Pictured {
  const [answer, setAnswer] = useState<{
    readonly picture?: Picture;
    readonly key?: string;
    readonly problem?: string;
  }>({});
  // The first picture of a checkpoint does not count: it is opened for it.
  const [times, setTimes] = useState<Times>({ checkpoint: undefined, all: [] });
  const [attempt, setAttempt] = useState(0);
  const follower = useMemo(
    () =>
      followNewest(async ({ key, place: of, point: at }: Wanted, signal) => {
        const started = performance.now();
        try {
          const { pictures, step, command } = await compute('images', { place: of, points: [at] }, { signal });
          const src = pictures[0] ?? '';
          const image = await decoded(src);
          const took = performance.now() - started;
          setAnswer({ picture: { point: at, src, image, step, command }, key });
          setTimes(({ checkpoint, all }) =>
            checkpoint === of.checkpoint
              ? { checkpoint, all: [...all, took].slice(-timesKept) }
              : { checkpoint: of.checkpoint, all: [] },
          );
        } catch (error) {
          if (!isAbort(error))
            setAnswer(({ picture }) => ({ ...(picture && { picture }), key, problem: problemOf(error) }));
        }
      }),
    [],
  );
  useEffect(() => () => follower.stop(), []);
  const key = point && JSON.stringify([place, point, place.checkpoint === 'newest' && newest, attempt]);
  useEffect(() => {
    if (key !== undefined && point !== undefined) follower.want({ key, place, point });
  }, [key]);
  return {
    picture: answer.picture,
    isBusy: answer.key !== key,
    problem: answer.key === key ? answer.problem : undefined,
    milliseconds: times.all.toSorted((a, b) => a - b)[Math.floor(times.all.length / 2)],
    again: () => setAttempt((before) => before + 1),
  };
}

/** An image that can be drawn at once. */
export async function decoded(src: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = src;
  await image.decode();
  return image;
}

/** The value once nobody has moved it for a while; until then nothing is asked for. */
export function useRest<Value>({ isMoving }: Explorer, value: Value, forMs = 250): Value | undefined {
  const [calm, setCalm] = useState<string>();
  const key = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => setCalm(key), forMs);
    return () => clearTimeout(timer);
  }, [key, forMs]);
  return isMoving || calm !== key ? undefined : value;
}
