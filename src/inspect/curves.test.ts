import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { rgbOf, roleColours } from '../picture/colours.ts';
import { axisOf } from './axis.ts';
import { curvePath } from './curve-path.ts';
import { drawCurves, drawCurvesPng } from './curves.ts';
import { smooth } from './smooth.ts';
import { formatTicks, linearTicks, logTicks } from './ticks.ts';

const points = (...ys: number[]) => ys.map((y, x) => ({ x, y }));

test('linear ticks are round numbers within the range', () => {
  const table: [number, number, number, number[]][] = [
    [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0, 10, 5, [0, 2, 4, 6, 8, 10]],
    [-1.3, 2.2, 4, [-1, 0, 1, 2]],
    [0, 5, 4, [0, 1, 2, 3, 4, 5]],
    [0, 12, 3, [0, 5, 10]],
    [0, 24, 3, [0, 10, 20]],
    [0, 20000, 8, [0, 2000, 4000, 6000, 8000, 10000, 12000, 14000, 16000, 18000, 20000]],
    [1, 99, 4, [20, 40, 60, 80]],
    [0.00031, 0.00052, 4, [0.00035, 0.0004, 0.00045, 0.0005]],
    [99.7, 100.4, 3, [99.8, 100, 100.2, 100.4]],
  ];
  for (const [low, high, count, expected] of table) assert.deepEqual(linearTicks(low, high, count), expected);
});

test('log ticks are powers of ten, with 2 and 5 between when they are few', () => {
  const table: [number, number, number, number[]][] = [
    [0.5, 2000, 4, [1, 10, 100, 1000]],
    [1, 30, 4, [1, 2, 5, 10, 20]],
    [1e-8, 1e4, 4, [1e-6, 1e-3, 1, 1e3]],
    [2, 3, 4, [2, 2.2, 2.4, 2.6, 2.8, 3]],
  ];
  for (const [low, high, count, expected] of table) assert.deepEqual(logTicks(low, high, count), expected);
});

test('tick labels share a unit and decimals', () => {
  const table: [number[], string[]][] = [
    [
      [0, 0.5, 1],
      ['0', '0.5', '1.0'],
    ],
    [
      [-1, 0, 1],
      ['−1', '0', '1'],
    ],
    [
      [0, 5000, 10000],
      ['0', '5k', '10k'],
    ],
    [
      [0, 2500, 10000],
      ['0', '2.5k', '10.0k'],
    ],
    [
      [500000, 1000000],
      ['0.5M', '1.0M'],
    ],
    [
      [0, 0.0002],
      ['0', '2e-4'],
    ],
    [[9000], ['9000']],
    [[], []],
  ];
  for (const [ticks, labels] of table) assert.deepEqual(formatTicks(ticks), labels);
});

test('an axis puts values between its padded ends and leaves out what it cannot show', () => {
  const linear = axisOf([0, 10, Number.NaN], 'linear', 5, 0.1);
  assert.deepEqual([linear.at(-1), linear.at(5), linear.at(11)], [0, 0.5, 1]);
  const log = axisOf([1, 100, 0, -3], 'log', 4, 0);
  assert.deepEqual([log.at(1), log.at(10), log.at(100)], [0, 0.5, 1]);
  assert.ok(Number.isNaN(log.at(0)));
  assert.equal(axisOf([3, 3], 'linear', 4, 0.1).at(3), 0.5);
  assert.equal(axisOf([0], 'linear', 4, 0.1).at(0), 0.5);
  assert.deepEqual(axisOf([Number.NaN], 'linear', 4, 0.1).ticks, []);
});

test('smoothing halves weights every half-life, starts unbiased, and keeps gaps', () => {
  assert.deepEqual(smooth(points(4, 4, 4), 1), points(4, 4, 4));
  assert.deepEqual(
    smooth(points(0, 3), 1).map(({ y }) => y),
    [0, 2],
  );
  const gap = smooth(points(0, Number.NaN, Number.POSITIVE_INFINITY, 3), 3);
  assert.deepEqual([gap[0]?.y, gap[1]?.y, gap[2]?.y, gap[3]?.y], [0, Number.NaN, Number.NaN, 2]);
  assert.ok(smooth(points(Number.NaN, 7), 5).at(1)?.y === 7, 'a gap at the start leaves no trace');
  const spaced = smooth(
    [
      { x: 0, y: 0 },
      { x: 100, y: 1 },
    ],
    1,
  );
  assert.ok(Math.abs((spaced[1]?.y ?? 0) - 1) < 1e-9, 'what is far back no longer counts');
});

test('a curve breaks at gaps, dots what stands alone, and keeps the extremes of a crowded column', () => {
  assert.equal(curvePath(points(1, 2, Number.NaN, Number.NaN, 5, Number.NaN)), 'M0 1L1 2M4 5h0.01');
  assert.equal(curvePath([]), '');
  const crowd = [5, 9, 4, 6, 1, 7].map((y, i) => ({ x: i / 10, y }));
  assert.equal(curvePath([...crowd, { x: 1, y: 3 }]), 'M0.1 9L0.4 1L1 3');
});

const colour = '#123456';
const options = {
  title: 'Losses',
  xLabel: 'step',
  panels: [
    { yLabel: 'loss', series: [{ name: 'a', colour, points: points(0, 1, Number.NaN, 1, 0) }] },
    { yLabel: 'norm', scale: 'log' as const, series: [{ name: 'b', points: points(1, 10, 100) }] },
  ],
};

test('curves are an SVG of paths only, with finite coordinates', () => {
  const svg = drawCurves(options);
  assert.deepEqual([...new Set(svg.match(/<[a-z]+/g))], ['<svg', '<path']);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
});

test('lines run through their points: left to right, high values above low ones, broken at the gap', () => {
  const svg = drawCurves(options);
  const lines = [...svg.matchAll(/stroke="#123456" stroke-width="2.2".*? d="([^"]*)"/g)];
  const [, data = ''] = lines[0] ?? [];
  assert.match(data, /^M\S+ \S+L\S+ \S+M\S+ \S+L\S+ \S+$/);
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0, x3 = 0, y3 = 0, x4 = 0, y4 = 0] = (data.match(/[\d.]+/g) ?? []).map(Number);
  assert.ok(x0 < x1 && x1 < x3 && x3 < x4 && y1 < y0);
  assert.deepEqual([y3, y4], [y1, y0]);
  assert.ok(Math.abs((x3 - x1) / (x1 - x0) - 2) < 1e-3);
});

test('marks cross every panel where they are and are told below; minor lines are not in the legend', () => {
  const [first = assert.fail()] = options.panels;
  const minor = {
    ...first,
    series: [...first.series, { ...(first.series[0] ?? assert.fail()), name: 'c', isMinor: true }],
  };
  const plain = drawCurves({ ...options, panels: [first, first] });
  const marked = drawCurves({
    ...options,
    panels: [minor, minor],
    marks: [{ x: 4, label: 'here', colour: '#abcdef' }],
  });
  const lines = [...marked.matchAll(/stroke="#abcdef" stroke-width="1.6".*? d="M(\d+) \d+v150"/g)].map(([, x]) => x);
  assert.equal(lines.length, 2);
  assert.equal(new Set(lines).size, 1);
  const heightOf = (svg: string) => Number(/height="(\d+)"/.exec(svg)?.[1]);
  assert.ok(heightOf(marked) > heightOf(plain));
  const legends = (svg: string) => svg.match(/stroke="#123456" stroke-width="3"/g)?.length;
  assert.equal(legends(marked), legends(plain));
});

test('a long curve is smoothed where a short one is not, and one spike does not flatten it', () => {
  const long = Array.from({ length: 2000 }, (_, x) => ({ x, y: x === 200 ? 1e6 : (-1) ** x }));
  const svg = drawCurves({ ...options, panels: [{ yLabel: 'loss', series: [{ name: 'a', colour, points: long }] }] });
  const heights = (width: string, picture: string) => {
    const [, data = ''] = new RegExp(`stroke="#123456" stroke-width="${width}".*? d="([^"]*)"`).exec(picture) ?? [];
    return [...data.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map((match) => Number(match[1])).slice(-500);
  };
  const spread = (values: number[]) => Math.max(...values) - Math.min(...values);
  assert.ok(spread(heights('1', svg)) > 100, 'the raw curve swings over the panel');
  assert.ok(spread(heights('2.2', svg)) < 20, 'the smoothed one does not');
});

test('the PNG is twice the size, on paper, with a line of the right colour', async () => {
  const svg = drawCurves({ ...options, panels: options.panels.slice(0, 1) });
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
  const png = await drawCurvesPng({
    ...options,
    panels: [{ yLabel: 'loss', series: [{ name: 'D', colour: roleColours.D, points: points(2, 2) }] }],
  });
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [2 * Number(width), 2 * Number(height)]);
  const blue = rgbOf(roleColours.D);
  const column = Array.from({ length: info.height }, (_, y) =>
    data.subarray((y * info.width + 900) * 3).subarray(0, 3),
  );
  assert.ok(column.some((pixel) => blue.every((byte, i) => Math.abs(byte - (pixel[i] ?? 0)) <= 1)));
});

test('curves that cannot be drawn are refused in words, and panels without values say so', () => {
  assert.throws(() => drawCurves({ ...options, panels: [] }), /"Losses" has no points/);
  const backwards = [
    { x: 5, y: 1 },
    { x: 5, y: 2 },
  ];
  assert.throws(
    () => drawCurves({ ...options, panels: [{ yLabel: 'loss', series: [{ name: 'a', points: backwards }] }] }),
    /point 1 of "a" is at x = 5 after x = 5; expected finite, ascending x/,
  );
  const empty = drawCurves({
    ...options,
    panels: [{ yLabel: 'loss', series: [{ name: 'a', points: points(Number.NaN) }] }],
  });
  assert.doesNotMatch(empty, /NaN|Infinity/);
});
