/** What runs in the stand-alone page: it reads `#scene`, draws on `#stage`, and answers the mouse and the keys. */

/**
 * Reads maps as `readAttention` does: `weightsOf(block)` decodes the map of a block of a scene; `readBlock(block, pin, resolution)`
 * reads a block with such `weights`.
 */
export const attentionReadingScript = `
const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
function weightsOf({ map, keyGrid }) {
  const [roots, maxima] = [map.roots, map.maxima].map((text) => new DataView(bytesOf(text).buffer));
  const keys = keyGrid[0] * keyGrid[1];
  const weight = (_, i) => (roots.getUint16(2 * i, true) / 65535) ** 2 * maxima.getFloat32(4 * Math.floor(i / keys), true);
  return Float32Array.from({ length: roots.byteLength / 2 }, weight);
}
function readBlock({ weights, queryGrid, keyGrid }, pin, resolution) {
  const isColumn = pin.direction === 'lookedAtBy';
  const [own, grid] = isColumn ? [keyGrid, queryGrid] : [queryGrid, keyGrid];
  const row = Math.floor((pin.y * own[0]) / resolution);
  const column = Math.floor((pin.x * own[1]) / resolution);
  const at = row * own[1] + column;
  const keys = keyGrid[0] * keyGrid[1];
  const shares = isColumn ? sharesOf(weights, at, keys) : weights.slice(at * keys, (at + 1) * keys);
  const bits = shares.reduce((sum, p) => (p > 0 ? sum - p * Math.log2(p) : sum), 0);
  const top = [...shares.keys()].sort((a, b) => shares[b] - shares[a]).slice(0, 3);
  return { row, column, own, grid, shares, bits, top, peaks: peaksOf(shares, grid) };
}
// A key that nobody looks at is shared evenly.
function sharesOf(weights, key, keys) {
  const given = Float32Array.from({ length: weights.length / keys }, (_, i) => weights[i * keys + key]);
  const total = given.reduce((sum, weight) => sum + weight, 0);
  return given.map((weight) => (total > 0 ? weight / total : 1 / given.length));
}
// As attentionPeaks of Sagan: local maxima, the first of a plateau, that stand out.
function peaksOf(shares, [rows, columns]) {
  const least = Math.max(0.25 * Math.max(...shares), 1.5 / shares.length);
  const isPeak = (index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    for (let r = Math.max(0, row - 1); r <= Math.min(rows - 1, row + 1); r++) {
      for (let c = Math.max(0, column - 1); c <= Math.min(columns - 1, column + 1); c++) {
        const other = r * columns + c;
        if (shares[other] > shares[index] || (shares[other] === shares[index] && other < index)) return false;
      }
    }
    return true;
  };
  return [...shares.keys()].filter((i) => shares[i] >= least && isPeak(i)).sort((a, b) => shares[b] - shares[a]).slice(0, 3);
}
`;

/** All that runs. */
export const attentionPageScript = `
'use strict';
const scene = JSON.parse(document.getElementById('scene').textContent);
const { resolution, colours, heat } = scene;
${attentionReadingScript}
const byId = (id) => document.getElementById(id);
const make = (tag, text, parts = {}) => Object.assign(document.createElement(tag), { textContent: text, ...parts });
const stage = byId('stage');
const side = resolution * Math.max(2, Math.ceil(768 / resolution));
stage.width = stage.height = side;
const pen = stage.getContext('2d');

for (const image of scene.images) {
  image.element = Object.assign(new Image(), { src: image.picture, onload: () => draw() });
  if (image.asLearned) image.before = Object.assign(new Image(), { src: image.asLearned, onload: () => draw() });
  for (const block of image.blocks) {
    if (block.keyOrigins) block.keyOrigins = bytesOf(block.keyOrigins);
    block.weights = weightsOf(block);
  }
}
let current = 0;
let block = 0;
let pointed;
const image = () => scene.images[current];
const read = (pin) => readBlock(image().blocks[block], pin, resolution);

const percent = (share) => (100 * share).toFixed(1) + ' %';
function words(pin) {
  const { row, column, grid, shares, bits, top } = read(pin);
  const cells = top.map((i) => Math.floor(i / grid[1]) + ',' + (i % grid[1]) + ' ' + percent(shares[i])).join('; ');
  const who = pin.direction === 'lookedAtBy' ? 'who looks at key ' : 'query ';
  return pin.x + ',' + pin.y + ': ' + who + row + ',' + column + '; ' + bits.toFixed(2) + ' of ' + Math.log2(shares.length).toFixed(2) + ' bits; most at (row,column) ' + cells;
}

const centre = (row, column, grid) => [((column + 0.5) / grid[1]) * side, ((row + 0.5) / grid[0]) * side];
function draw() {
  const { element, before, pins } = image();
  pen.imageSmoothingEnabled = false;
  pen.drawImage(byId('before').checked && before ? before : element, 0, 0, side, side);
  if (pointed) {
    const { grid, shares } = read(pointed);
    const maximum = Math.max(...shares);
    pen.fillStyle = 'rgba(0, 0, 0, 0.5)';
    pen.fillRect(0, 0, side, side);
    const [height, width] = [side / grid[0], side / grid[1]];
    for (const [i, share] of shares.entries()) {
      const value = share / maximum;
      const [r, g, b] = heat[Math.round(value * (heat.length - 1))];
      pen.fillStyle = 'rgba(' + r + ', ' + g + ', ' + b + ', ' + (0.35 + 0.6 * value) + ')';
      pen.fillRect((i % grid[1]) * width, Math.floor(i / grid[1]) * height, width, height);
    }
  }
  drawOrigins();
  for (const [i, pin] of pins.entries()) mark(pin, colours[i]);
  if (pointed && !pins.includes(pointed)) mark(pointed, '#ffffff');
  byId('says').textContent = pointed ? words(pointed) : '';
  stage.setAttribute('aria-label', image().label + (pointed ? ', attention of pixel ' + pointed.x + ',' + pointed.y : ''));
}
function mark(pin, colour) {
  const { row, column, own, grid, shares, peaks } = read(pin);
  const [x, y] = centre(row, column, own);
  if (pin === pointed) {
    for (const i of peaks) {
      const other = centre(Math.floor(i / grid[1]), i % grid[1], grid);
      const ends = pin.direction === 'lookedAtBy' ? [other, [x, y]] : [[x, y], other];
      arrow(...ends, (side / 110) * (0.5 + shares[i] / shares[peaks[0]]), colour);
    }
  }
  for (const [radius, fill] of [[side / 60, '#000000'], [side / 72, '#ffffff'], [side / 90, colour]]) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 7);
    pen.fillStyle = fill;
    pen.fill();
  }
}
function arrow([x0, y0], [x1, y1], width, colour) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  const head = 3 * width;
  if (length < head) return;
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
  const at = (along, aside) => [x0 + ux * along - uy * aside, y0 + uy * along + ux * aside];
  for (const [outline, stroke] of [[side / 150, '#ffffff'], [0, colour]]) {
    pen.strokeStyle = pen.fillStyle = stroke;
    pen.lineWidth = width + outline;
    pen.beginPath();
    pen.moveTo(x0, y0);
    pen.lineTo(...at(length - head, 0));
    pen.stroke();
    pen.beginPath();
    for (const [i, point] of [at(length, 0), at(length - head, head / 2), at(length - head, -head / 2)].entries()) {
      pen[i ? 'lineTo' : 'moveTo'](...point);
    }
    pen.closePath();
    pen.fill();
    pen.lineWidth = outline;
    if (outline) pen.stroke();
  }
}
function drawOrigins() {
  const { keyOrigins, queryGrid } = image().blocks[block];
  if (!keyOrigins || !byId('origins').checked) return;
  const cell = side / queryGrid[1];
  for (const [i, byte] of keyOrigins.entries()) {
    const [x, y] = centre(Math.floor(i / queryGrid[1]), i % queryGrid[1], queryGrid);
    pen.beginPath();
    pen.arc(x, y, 0.4 * cell * Math.sqrt(byte / 255), 0, 7);
    pen.fillStyle = 'rgba(255, 255, 255, 0.85)';
    pen.fill();
  }
}

function show() {
  const { blocks, pins } = image();
  byId('block').replaceChildren(...blocks.map(({ name }, i) => make('option', name, { value: i, selected: i === block })));
  for (const [i, button] of [...byId('images').children].entries()) button.setAttribute('aria-pressed', String(i === current));
  byId('pins').replaceChildren(...(pins.length ? [] : [make('li', 'none: click the picture')]), ...pins.map((pin, i) => {
    const item = make('li', '');
    const dot = make('span', '', { className: 'dot' });
    dot.style.background = colours[i];
    const name = (pin.direction === 'lookedAtBy' ? 'who looks at ' : 'from ') + pin.x + ',' + pin.y;
    const see = make('button', name, { type: 'button', onclick: () => { pointed = pin; draw(); } });
    const drop = make('button', 'remove', { type: 'button', ariaLabel: 'remove ' + name, onclick: () => {
      pins.splice(i, 1);
      pointed = undefined;
      show();
    } });
    item.append(dot, see, drop);
    return item;
  }));
  const { gamma, queryGrid, keyGrid, meanEntropyBits, maximumEntropyBits, meanDistance, uniformDistance } = blocks[block];
  const rows = [
    ['γ', gamma === undefined ? 'none' : gamma.toFixed(3).replace('-', '−')],
    ['queries, keys', queryGrid.join('×') + ', ' + keyGrid.join('×')],
    ['mean entropy', meanEntropyBits.toFixed(2) + ' of ' + maximumEntropyBits.toFixed(2) + ' bits'],
    ['mean distance', meanDistance.toFixed(3) + ' sides; uniform attention ' + uniformDistance.toFixed(3)],
  ];
  byId('numbers').replaceChildren(...rows.map(([name, value]) => {
    const row = make('tr', '');
    row.append(make('th', name, { scope: 'row' }), make('td', value));
    return row;
  }));
  draw();
}

byId('images').append(...scene.images.map(({ label, picture }, i) => {
  const button = make('button', '', { type: 'button', onclick: () => { current = i; pointed = image().pins[0]; show(); } });
  button.append(Object.assign(new Image(), { src: picture, alt: '' }), make('span', label || 'image ' + (i + 1)));
  return button;
}));
byId('block').onchange = ({ target }) => { block = Number(target.value); show(); };
byId('direction').onchange = () => { if (pointed) pointed = { ...pointed, direction: byId('direction').value }; draw(); };
byId('before').onchange = byId('origins').onchange = draw;
byId('origins').closest('p').hidden = scene.images.every(({ blocks }) => blocks.every(({ keyOrigins }) => !keyOrigins));
byId('before').closest('p').hidden = scene.images.every(({ asLearned }) => !asLearned);
const at = (x, y) => ({ x: Math.min(resolution - 1, Math.max(0, x)), y: Math.min(resolution - 1, Math.max(0, y)), direction: byId('direction').value });
function under({ offsetX, offsetY }) {
  return at(Math.floor((offsetX / stage.clientWidth) * resolution), Math.floor((offsetY / stage.clientHeight) * resolution));
}
function pin() {
  const { pins } = image();
  if (!pointed || pins.some(({ x, y, direction }) => x === pointed.x && y === pointed.y && direction === pointed.direction)) return;
  if (pins.length === colours.length) pins.shift();
  pins.push(pointed);
  show();
}
stage.onpointermove = (event) => { pointed = under(event); draw(); };
stage.onpointerleave = () => { pointed = image().pins.at(-1); draw(); };
stage.onclick = (event) => { pointed = under(event); pin(); };
const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
stage.onkeydown = (event) => {
  const step = steps[event.key];
  if (step) {
    const from = pointed || { x: resolution / 2, y: resolution / 2 };
    pointed = at(Math.floor(from.x + step[0]), Math.floor(from.y + step[1]));
    draw();
  } else if (event.key === 'Enter') pin();
  else if (event.key === 'Escape') { pointed = undefined; draw(); }
  else return;
  event.preventDefault();
};
pointed = image().pins[0];
show();
`;
