/** Attention to look into: a page in one file that needs no network and no program but a browser. */

import { dataUrlOf } from '../picture/canvas.ts';
import { distinctColour, heatColour, ink, surface } from '../picture/colours.ts';
import { encodeMap, encodeShares, summarizeAttention } from './attention-block.ts';
import { attentionPageScript } from './attention-page-script.ts';
import { type AttentionScene, pinsOf, sceneRows } from './attention-scene.ts';

const heatSteps = 64;
const mostPins = 6;

/**
 * The page as HTML. What it shows stands in it as JSON, `#scene`; maps are encoded as `encodeMap` says. Throws UserError as
 * `sceneRows` does.
 */
export async function attentionPage(scene: AttentionScene): Promise<string> {
  sceneRows(scene);
  const before = scene.asLearned;
  const images = scene.blocks.map(async (blocks, n) => ({
    label: scene.labels[n] ?? '',
    picture: await dataUrlOf(scene, n),
    asLearned: before && (await dataUrlOf({ ...scene, images: before }, n)),
    pins: pinsOf(scene, n).slice(0, mostPins),
    blocks: blocks.map((block) => ({
      name: block.name,
      gamma: block.gamma,
      queryGrid: block.queryGrid,
      keyGrid: block.keyGrid,
      ...summarizeAttention(block),
      keyOrigins: block.keyOrigins && encodeShares(block.keyOrigins),
      map: encodeMap(block.map, block.keyGrid[0] * block.keyGrid[1]),
    })),
  }));
  const data = {
    resolution: scene.resolution,
    change: scene.change,
    images: await Promise.all(images),
    colours: Array.from({ length: mostPins }, (_, i) => distinctColour(i)),
    heat: Array.from({ length: heatSteps }, (_, i) => heatColour(i / (heatSteps - 1)).map(Math.round)),
  };
  return page(scene, JSON.stringify(data).replaceAll('<', '\\u003c'));
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (content: string) => content.replaceAll(/[&<>"]/g, (character) => escapes[character] ?? character);

const style = `
:root { color-scheme: light dark; --paper: ${surface.paper}; --panel: ${surface.panel}; --ink: ${ink.strong}; --soft: ${ink.soft}; --line: ${surface.axis}; }
@media (prefers-color-scheme: dark) { :root { --paper: #16171b; --panel: #202228; --ink: #ececea; --soft: #a9adb6; --line: #5a5e68; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 1.5rem; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 66rem; margin: auto; }
h1 { font-size: 1.25rem; } h2 { font-size: 1rem; margin: 1.25rem 0 .5rem; }
.columns { display: flex; flex-wrap: wrap; gap: 1.5rem; }
.columns > * { flex: 1 1 20rem; min-width: 0; }
#stage { width: 100%; max-width: 32rem; aspect-ratio: 1; cursor: crosshair; image-rendering: pixelated; border: 1px solid var(--line); touch-action: manipulation; }
button, select { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: .4rem; padding: .25rem .6rem; }
#images { display: flex; flex-wrap: wrap; gap: .5rem; } #images button { padding: .25rem; text-align: center; }
#images img { display: block; width: 4rem; image-rendering: pixelated; }
[aria-pressed=true] { outline: 3px solid currentColor; }
:focus-visible { outline: 3px solid #2f7de1; outline-offset: 2px; }
#pins { list-style: none; padding: 0; } #pins li { display: flex; gap: .5rem; align-items: center; margin: .25rem 0; }
.dot { width: .9rem; height: .9rem; border-radius: 50%; flex: none; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } th, td { text-align: left; padding: .15rem .8rem .15rem 0; vertical-align: top; }
.scroll { overflow-x: auto; }
.soft { color: var(--soft); }
`;

function page({ title, change, kind }: AttentionScene, data: string): string {
  const heading = escaped(title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${heading}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${heading}</h1>
${change === undefined ? '' : `<p>Changed: ${escaped(change)}.</p>`}
<div class="columns">
<section aria-label="Image">
<canvas id="stage" tabindex="0" role="img" aria-describedby="help"></canvas>
<p id="says" role="status"></p>
<p id="help" class="soft">Point at a pixel to see its map; click to pin it. With the keyboard: arrow keys, then Enter; Escape shows the picture alone.</p>
</section>
<section aria-label="Choices and numbers">
<h2>Image (${escaped(kind)})</h2>
<div id="images"></div>
<h2><label for="block">Block</label></h2>
<select id="block"></select>
<h2><label for="direction">Ask</label></h2>
<select id="direction"><option value="looksAt">what does this pixel look at</option><option value="lookedAtBy">who looks at this pixel</option></select>
<p><label><input id="origins" type="checkbox"> show where pooled keys come from: a dot for each position, the larger the more of its cell's channels it gave</label></p>
<p><label><input id="before" type="checkbox"> show the picture as learned</label></p>
<h2>Pins</h2>
<ul id="pins"></ul>
<h2>This block at this image</h2>
<div class="scroll" tabindex="0" role="group" aria-label="Numbers"><table id="numbers"></table></div>
</section>
</div>
<h2>Attention is not an explanation</h2>
<p>A map shows how a query weighs the keys. It does not show what the picture depends on: what goes on are the values, through
the block's last layer and times γ, beside all that passes the block by. To learn what depends on a block, change it and see
what becomes of the picture: <code>sagan attention RUN --gamma 0</code>, <code>--uniform</code> or <code>--window</code>.</p>
</main>
<script type="application/json" id="scene">${data}</script>
<script>${attentionPageScript}</script>
</body>
</html>
`;
}
