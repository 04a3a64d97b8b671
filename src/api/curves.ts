/** The training curves of a run, from its event log. */

import { basename } from 'node:path';
import type { StepScalar } from '../gan/index.ts';
import {
  distinctColour,
  drawCurvesPng,
  type Mark,
  newsColours,
  type Panel,
  roleColours,
  type Series,
} from '../inspect/index.ts';
import { isJsonObject, type Json, type JsonObject, type Run, type RunEvent, readEvents } from '../store/index.ts';

/**
 * Share of a run at its start that does not widen a panel: the first steps are wild, and would flatten all that follows.
 * Their values are drawn at the panel's border where they lie beyond it.
 */
const settlingShare = 0.05;

/** The events that still hold: without those that a later return to an earlier step superseded. */
export function currentEvents(events: readonly RunEvent[]): readonly RunEvent[] {
  let current: RunEvent[] = [];
  for (const event of events) {
    if (event.type === 'resumed' || event.type === 'rollback') {
      const from = Number(event.step);
      current = current.filter(({ step }) => !(Number(step) > from));
    }
    current.push(event);
  }
  return current;
}

/**
 * Draws a run's losses, the discriminator's mean logits on real and on generated images, and the norms of both gradients,
 * over steps, the scores of its evaluations, and what was analysed; what the watch has found is marked: the PNG. Losses and
 * logits of the first steps may lie beyond their panel and are then drawn at its border.
 *
 * Throws UserError when the run has no step yet, FormatError when a line of its log is damaged.
 */
export async function drawRunCurves(run: Run): Promise<Buffer> {
  const { events } = readEvents(run.eventsPath, { fileSystem: run.fileSystem });
  return drawCurvesPng({
    title: `Training of ${basename(run.path)}`,
    xLabel: 'step',
    panels: [...trainingPanels(events), ...evaluationPanels(events), ...analysisPanels(events)],
    marks: marksOf(events),
  });
}

/** What the watch has found, and returns to earlier steps: the first of them, if there are many. */
export function marksOf(events: readonly RunEvent[]): Mark[] {
  const marks = currentEvents(events).flatMap((event): Mark[] => {
    const x = Number(event.step);
    if (event.type === 'rollback') {
      return [{ x, colour: newsColours.rollback, label: `step ${x}: went back to here from step ${event.from}` }];
    }
    if (event.type !== 'finding') return [];
    const severity =
      (['advice', 'warning', 'collapse'] as const).find((known) => known === event.severity) ?? 'warning';
    return [{ x, colour: newsColours[severity], label: `step ${x}: ${event.seen}` }];
  });
  return marks.slice(0, mostMarks);
}

/** More would be taller than the curves. */
const mostMarks = 12;

/** A panel for each score that was taken, from all events of a log. */
export function evaluationPanels(events: readonly RunEvent[]): Panel[] {
  const evaluations = currentEvents(events).filter(({ type }) => type === 'evaluation');
  const metrics = new Set(evaluations.flatMap(({ scores }) => Object.keys(memberOf(scores))));
  return [...metrics].map((metric) => ({
    yLabel: metric,
    series: [
      {
        name: 'samples',
        colour: roleColours.G,
        points: evaluations.map(({ step, scores }) => ({ x: Number(step), y: numberOf(memberOf(scores)[metric]) })),
      },
    ],
  }));
}

/** The panels of what was analysed, from all events of a log; none if nothing was. */
export function analysisPanels(events: readonly RunEvent[]): Panel[] {
  const analyses = currentEvents(events).filter(({ type }) => type === 'analysis');
  if (analyses.length === 0) return [];
  const series = (name: string, value: (event: RunEvent) => Json | undefined, colour?: string): Series => ({
    name,
    ...(colour !== undefined && { colour }),
    points: analyses.map((event) => ({ x: Number(event.step), y: numberOf(value(event)) })),
  });
  const gates = Object.keys(memberOf(analyses[0]?.gamma));
  const spectra = (['G', 'D'] as const).map((network): Panel => {
    const weights = Object.keys(memberOf(analyses[0]?.spectra)).filter((name) => name.startsWith(`${network}.`));
    const sigma = (event: RunEvent, name: string) => numberOf(firstOf(memberOf(memberOf(event.spectra)[name]).raw));
    const largest = (event: RunEvent) => weights.reduce((most, name) => Math.max(most, sigma(event, name)), 0);
    return {
      yLabel: `largest singular value of each weight of ${network}`,
      scale: 'log',
      series: [
        ...weights.map((name) => ({
          ...series(name, (event) => sigma(event, name), roleColours[network]),
          isMinor: true,
        })),
        series('the largest of all', largest, roleColours[network]),
      ],
    };
  });
  return [
    {
      yLabel: 'distance of images',
      series: [
        series('real', ({ distanceReal }) => distanceReal, roleColours.real),
        series('generated', ({ distanceFake }) => distanceFake, roleColours.G),
        ...(analyses[0]?.distanceWithinClass === undefined
          ? []
          : [series('generated of one class', ({ distanceWithinClass }) => distanceWithinClass, distinctColour(1))]),
      ],
    },
    ...(analyses.some(({ heldOut }) => heldOut !== undefined)
      ? [
          {
            yLabel: 'loss of D',
            series: [
              series('on images it is trained on', ({ heldOut }) => memberOf(heldOut).lossTraining, roleColours.D),
              series('on held-out images', ({ heldOut }) => memberOf(heldOut).lossHeldOut, roleColours.real),
            ],
          },
          {
            yLabel: 'images it is trained on told from held-out ones; 0.5: not at all',
            series: [series('pairs', ({ heldOut }) => memberOf(heldOut).separation, roleColours.D)],
          },
        ]
      : []),
    ...spectra,
    ...(gates.length === 0
      ? []
      : [
          {
            yLabel: 'gate of attention',
            series: gates.map((name) => series(gateName(name), ({ gamma }) => memberOf(gamma)[name])),
          },
        ]),
  ];
}

/** `G.attention16.gamma` → `G.attention16` */
const gateName = (path: string) => path.replace(/\.gamma$/, '');

function memberOf(value: Json | undefined): JsonObject {
  return value !== undefined && isJsonObject(value) ? value : {};
}

function firstOf(value: Json | undefined): Json | undefined {
  return Array.isArray(value) ? value[0] : undefined;
}

/** The panels of {@link drawRunCurves}, from all events of a log. */
export function trainingPanels(events: readonly RunEvent[]): Panel[] {
  const steps = currentEvents(events).filter(({ type }) => type === 'step');
  const series = (name: string, colour: string, scalar: StepScalar): Series => ({
    name,
    colour,
    points: steps.map((event) => ({ x: Number(event.step), y: numberOf(event[scalar]) })),
  });
  return [
    { yLabel: 'loss', series: settled([series('D', roleColours.D, 'lossD'), series('G', roleColours.G, 'lossG')]) },
    {
      yLabel: 'mean logit of D',
      series: settled([
        series('real images', roleColours.real, 'realLogits'),
        series('generated', roleColours.G, 'fakeLogits'),
      ]),
    },
    {
      yLabel: 'gradient norm',
      scale: 'log',
      series: [series('D', roleColours.D, 'gradNormD'), series('G', roleColours.G, 'gradNormG')],
    },
  ];
}

/** The curves of one panel, held within the range that they keep once training has settled. */
function settled(curves: readonly Series[]): Series[] {
  const later = curves
    .flatMap(({ points }) => points.slice(Math.floor(points.length * settlingShare)))
    .map(({ y }) => y)
    .filter(Number.isFinite);
  const low = later.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = later.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const clamp = (y: number) => Math.min(high, Math.max(low, y));
  return curves.map((curve) => ({ ...curve, points: curve.points.map(({ x, y }) => ({ x, y: clamp(y) })) }));
}

/** The log writes NaN and infinities as text: gaps, as is what is missing. */
function numberOf(value: Json | undefined): number {
  return typeof value === 'number' ? value : Number.NaN;
}
