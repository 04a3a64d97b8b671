/** Blocks of lines: a title above a picture and a caption below it, both as wide as the picture allows. */
import { text } from './svg.ts';
import { type TextStyle, textWidth, wrapText } from './text.ts';

/** Distance from one baseline to the next, in heights of a capital. */
const leading = 1.9;

export interface TextBlock {
  /** Height of the whole block in pixels; 0 when there is no text. */
  readonly height: number;
  /** The block as SVG paths, its first capital's top at `top`. */
  draw(left: number, top: number, colour: string): string[];
}

/** Wraps `content` to `width` pixels. */
export function textBlock(content: string | undefined, style: TextStyle, width: number): TextBlock {
  const lines = wrapText(content ?? '', style, width);
  const pitch = Math.round(style.capHeight * leading);
  return {
    height: lines.length === 0 ? 0 : style.capHeight + (lines.length - 1) * pitch,
    draw: (left, top, colour) =>
      lines.map((line, i) => text(line, { ...style, x: left, baseline: top + style.capHeight + i * pitch, colour })),
  };
}

/** `style`, made as small as `content` needs to fit into `width` pixels. */
export function fitStyle(content: string, style: TextStyle, width: number): TextStyle {
  return { ...style, capHeight: style.capHeight * Math.min(1, width / Math.max(1, textWidth(content, style))) };
}
