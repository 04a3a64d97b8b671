/** Curves as path data, no longer than the eye can tell. */
import { coordinate } from '../picture/text.ts';
import type { CurvePoint } from './smooth.ts';

/**
 * Path data of the lines through `points`, which are in pixels and ascend in x. A point that is not finite breaks the
 * line; a point alone between gaps becomes a dot under round caps. Of the points within one pixel's column only the
 * lowest and the highest are drawn.
 */
export function curvePath(points: readonly CurvePoint[]): string {
  return runs(points)
    .map(thin)
    .map((run) => run.map(({ x, y }) => `${coordinate(x)} ${coordinate(y)}`))
    .map((run) => `M${run.join('L')}${run.length === 1 ? 'h0.01' : ''}`)
    .join('');
}

/** The stretches of finite points between gaps. */
function runs(points: readonly CurvePoint[]): CurvePoint[][] {
  const found: CurvePoint[][] = [[]];
  for (const point of points) {
    if (Number.isFinite(point.y)) found.at(-1)?.push(point);
    else if (found.at(-1)?.length !== 0) found.push([]);
  }
  return found.filter((run) => run.length > 0);
}

/** Keeps each pixel column's lowest and highest point, in the order they came. */
function thin(run: readonly CurvePoint[]): CurvePoint[] {
  const columns = new Map<number, { low: CurvePoint; high: CurvePoint }>();
  for (const point of run) {
    const column = columns.get(Math.floor(point.x)) ?? { low: point, high: point };
    if (point.y < column.low.y) column.low = point;
    if (point.y > column.high.y) column.high = point;
    columns.set(Math.floor(point.x), column);
  }
  return [...columns.values()].flatMap(({ low, high }) => {
    if (low === high) return [low];
    return low.x <= high.x ? [low, high] : [high, low];
  });
}
