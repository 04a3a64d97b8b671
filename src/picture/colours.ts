/** The colours of every picture Sagan draws, as `#rrggbb`. */

export type Rgb = readonly [red: number, green: number, blue: number];

/** Surfaces and text. The paper is a soft grey-white: a card on a dark page, a quiet panel on a white one. */
export const surface = { paper: '#f7f7f5', panel: '#ffffff', grid: '#e4e4e0', axis: '#9a9ca3' } as const;
export const ink = { strong: '#24262b', soft: '#666a73' } as const;

/** Who is who, in every figure: the discriminator, the generator, real data. */
export const roleColours = { D: '#2f7de1', G: '#7a35c4', real: '#1e9e5a' } as const;

/** What happened to a run: something to know, to mind, to act upon; a return to an earlier step. */
export const newsColours = { advice: '#56b4e9', warning: '#e69f00', collapse: '#d1242f', rollback: '#666a73' } as const;

/** For series and queries without a role: Okabe and Ito's palette, told apart with every kind of colour vision. */
const distinctColours = ['#0072b2', '#e69f00', '#cc79a7', '#009e73', '#d55e00', '#56b4e9'] as const;

/** The colour numbered `index`, counting round the palette. */
export function distinctColour(index: number): string {
  return distinctColours[index % distinctColours.length] ?? distinctColours[0];
}

/** `#rrggbb` as three numbers from 0 to 255. */
export function rgbOf(colour: string): Rgb {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >>> 16, (value >>> 8) & 255, value & 255];
}

const heatStops: readonly Rgb[] = ['#0d0a24', '#4b1270', '#a8285f', '#ea5b2d', '#fbb32f', '#fffbd0'].map(rgbOf);

/** A perceptually rising scale from night blue over red to pale yellow. `value` from 0 to 1, clamped. */
export function heatColour(value: number): Rgb {
  const at = Math.min(1, Math.max(0, value)) * (heatStops.length - 1);
  const index = Math.min(heatStops.length - 2, Math.floor(at));
  return mix(heatStops[index] ?? [0, 0, 0], heatStops[index + 1] ?? [0, 0, 0], at - index);
}

/** `a` at amount 0, `b` at amount 1, straight between them. */
export function mix(a: Rgb, b: Rgb, amount: number): Rgb {
  return [a[0] + (b[0] - a[0]) * amount, a[1] + (b[1] - a[1]) * amount, a[2] + (b[2] - a[2]) * amount];
}

/** Luminance of a colour by the weights of Rec. 709, 0…255. */
export function luminanceOf([red, green, blue]: Rgb): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
