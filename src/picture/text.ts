/** Text as outlines: strings become the path data of an SVG, drawn with the strokes of glyphs.ts. */
import { glyphs } from './glyphs.ts';

const capUnits = 20;
const strokeUnits = { regular: 2.4, bold: 3.4 } as const;
const sideUnits = 6;
const spaceUnits = 6;
const cornerRadius = 7;
/** How far the control points of a cubic stand toward the corner so that it passes for a quarter of an ellipse. */
const roundness = 0.5523;
const missingGlyph = '00 c0 ck 0k z, 00 ck';

interface Point {
  readonly x: number;
  readonly y: number;
  readonly isRound: boolean;
}

interface Stroke {
  readonly points: readonly Point[];
  readonly isClosed: boolean;
}

interface Glyph {
  readonly strokes: readonly Stroke[];
  /** Distance to the next glyph's origin, in grid units. */
  readonly advance: number;
}

const parsed = new Map([...glyphs].map(([character, source]) => [character, parseGlyph(source)]));
const missing = parseGlyph(missingGlyph);

export interface TextStyle {
  /** Height of a capital letter, in pixels. */
  readonly capHeight: number;
  readonly weight?: keyof typeof strokeUnits;
}

export interface TextPlace {
  /** Where the anchor of the text stands, in pixels. */
  readonly x: number;
  /** The line that capitals stand on, in pixels. */
  readonly baseline: number;
  readonly anchor?: 'start' | 'middle' | 'end';
}

/** Width of a line of text, in pixels, from the first stem to the last. */
export function textWidth(text: string, style: TextStyle): number {
  const units = lettersOf(text).reduce((sum, letter) => sum + letter.advance, 0);
  return (Math.max(0, units - sideUnits) * style.capHeight) / capUnits;
}

/** Stroke width of a text style, in pixels. */
export function textStroke(style: TextStyle): number {
  return (strokeUnits[style.weight ?? 'regular'] * style.capHeight) / capUnits;
}

/**
 * SVG path data that draws one line of text when stroked with {@link textStroke} and round caps and joins. A character the
 * font lacks is drawn without its accents, or else as a struck box.
 */
export function textPath(text: string, style: TextStyle, place: TextPlace): string {
  const unit = style.capHeight / capUnits;
  const shift = { start: 0, middle: 0.5, end: 1 }[place.anchor ?? 'start'] * textWidth(text, style);
  let x = place.x - shift;
  const top = place.baseline - style.capHeight;
  let data = '';
  for (const letter of lettersOf(text)) {
    const left = x;
    for (const stroke of letter.strokes) data += strokePath(stroke, (p) => [left + p.x * unit, top + p.y * unit]);
    x += letter.advance * unit;
  }
  return data;
}

/** Breaks `text` between words into lines at most `width` pixels wide; a longer single word keeps its own line. */
export function wrapText(text: string, style: TextStyle, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || textWidth(longer, style) <= width) {
      line = longer;
    } else {
      lines.push(line);
      line = word;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** A number as SVG path data writes it: at most two decimals. */
export function coordinate(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function lettersOf(text: string): Glyph[] {
  return [...text].map((character) => parsed.get(character) ?? parsed.get(withoutAccents(character)) ?? missing);
}

function withoutAccents(character: string): string {
  return character.normalize('NFD').replace(/\p{Mark}/gu, '');
}

function parseGlyph(source: string): Glyph {
  const strokes = source
    .split(', ')
    .filter((part) => part !== '')
    .map((part) => {
      const tokens = part.split(' ').filter((token) => token !== 'z');
      return { points: tokens.map(parsePoint), isClosed: part.endsWith(' z') };
    });
  if (strokes.length === 0) return { strokes, advance: spaceUnits };
  return { strokes, advance: sideUnits + Math.max(...strokes.flatMap((stroke) => stroke.points.map((p) => p.x))) };
}

function parsePoint(token: string): Point {
  const digits = token.replace('~', '');
  return {
    x: Number.parseInt(digits.charAt(0), 36),
    y: Number.parseInt(digits.charAt(1), 36),
    isRound: digits !== token,
  };
}

function strokePath(stroke: Stroke, project: (point: { x: number; y: number }) => [number, number]): string {
  const { points, isClosed } = stroke;
  const format = (point: { x: number; y: number }) => project(point).map(coordinate).join(' ');
  const parts = points.map((point, i) => {
    const before = points.at(i - 1);
    const after = points[(i + 1) % points.length];
    if (!point.isRound || before === undefined || after === undefined) return format(point);
    const [enter, enterControl] = cornerSide(point, before);
    const [leave, leaveControl] = cornerSide(point, after);
    return `${format(enter)}C${[enterControl, leaveControl, leave].map(format).join(' ')}`;
  });
  return `M${parts.join('L')}${isClosed ? 'Z' : ''}`;
}

/** Where a rounded corner leaves the line to `neighbour`, and the control point on that side. */
function cornerSide(corner: Point, neighbour: Point): [{ x: number; y: number }, { x: number; y: number }] {
  const dx = neighbour.x - corner.x;
  const dy = neighbour.y - corner.y;
  const length = Math.hypot(dx, dy);
  const reach = Math.min(cornerRadius, neighbour.isRound ? length / 2 : length) / length;
  const along = (fraction: number) => ({ x: corner.x + dx * fraction, y: corner.y + dy * fraction });
  return [along(reach), along(reach * (1 - roundness))];
}
