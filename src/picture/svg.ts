/** Pictures of paths: an SVG that needs no font, and its PNG. */
import sharp from 'sharp';
import { coordinate, type TextPlace, type TextStyle, textPath, textStroke } from './text.ts';

export interface Paint {
  readonly fill?: string;
  readonly stroke?: string;
  /** Width of the stroke, in pixels. */
  readonly width?: number;
  readonly opacity?: number;
}

/** One `<path>`; strokes have round caps and joins. */
export function path(data: string, paint: Paint): string {
  const attributes = [`fill="${paint.fill ?? 'none'}"`];
  if (paint.stroke !== undefined) {
    attributes.push(`stroke="${paint.stroke}" stroke-width="${coordinate(paint.width ?? 1)}"`);
    attributes.push('stroke-linecap="round" stroke-linejoin="round"');
  }
  if (paint.opacity !== undefined) attributes.push(`opacity="${paint.opacity}"`);
  return `<path ${attributes.join(' ')} d="${data}"/>`;
}

/** One line of text as a path. */
export function text(content: string, style: TextStyle & TextPlace & { readonly colour: string }): string {
  return path(textPath(content, style, style), { stroke: style.colour, width: textStroke(style) });
}

/** Path data of a rectangle, in pixels. */
export function rectangle(x: number, y: number, width: number, height: number): string {
  return `M${coordinate(x)} ${coordinate(y)}h${coordinate(width)}v${coordinate(height)}h${coordinate(-width)}Z`;
}

/** Path data of a disc, in pixels. */
export function disc(x: number, y: number, radius: number): string {
  const arc = (dx: number) => `a${radius} ${radius} 0 1 0 ${dx} 0`;
  return `M${coordinate(x - radius)} ${coordinate(y)}${arc(2 * radius)}${arc(-2 * radius)}Z`;
}

/** A whole SVG document of `width` × `height` pixels. */
export function svgDocument(width: number, height: number, elements: readonly string[]): string {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>\n${elements.join('\n')}\n</svg>\n`;
}

/** The PNG of an SVG document, `pixelRatio` times as large as the document states. */
export function svgToPng(svg: string, pixelRatio: number): Promise<Buffer> {
  return sharp(Buffer.from(svg), { density: 72 * pixelRatio })
    .png({ compressionLevel: 9 })
    .toBuffer();
}
