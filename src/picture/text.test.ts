import assert from 'node:assert/strict';
import { test } from 'node:test';
import { glyphs } from './glyphs.ts';
import { textPath, textStroke, textWidth, wrapText } from './text.ts';

const style = { capHeight: 20 };
const draw = (content: string) => textPath(content, style, { x: 0, baseline: 20 });
const numbersOf = (data: string) => data.match(/-?\d+(\.\d+)?/g)?.map(Number) ?? [];
const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));

test('every printable ASCII character has a glyph, and no two look alike', () => {
  assert.deepEqual(
    ascii.filter((character) => !glyphs.has(character)),
    [],
  );
  const drawings = new Map([...glyphs.keys()].map((character) => [draw(character), character]));
  // The minus sign, the hyphen and the dashes are lines of different lengths.
  assert.equal(drawings.size, glyphs.size);
});

test('every glyph is well formed and stays between the top of capitals and the descender', () => {
  for (const [character, source] of glyphs) {
    assert.match(source, /^(~?[0-9a-z]{2}( ~?[0-9a-z]{2})+( z)?(, |$))*$/, character);
    const numbers = numbersOf(draw(character));
    const [xs, ys] = [0, 1].map((parity) => numbers.filter((_, i) => i % 2 === parity));
    assert.ok(
      Math.min(...(xs ?? [])) >= 0 && Math.max(0, ...(xs ?? [])) <= textWidth(`${character}|`, style),
      character,
    );
    assert.ok(Math.min(...(ys ?? [])) >= 0 && Math.max(0, ...(ys ?? [])) <= 26, character);
  }
});

test('a sharp corner is a point and a round one is a curve', () => {
  assert.equal(draw('L'), 'M0 0L0 20L11 20');
  assert.equal(draw('D').match(/C/g)?.length, 2);
  assert.equal(draw('O').match(/C/g)?.length, 4);
  assert.ok(draw('O').endsWith('Z'));
});

test('a round corner of a full radius is a quarter of a circle', () => {
  const [, corner] = /^M(.*?)L/.exec(draw('O')) ?? [];
  const [startX = 0, startY = 0, controlX = 0, controlY = 0, , , endX = 0, endY = 0] = numbersOf(corner ?? '');
  assert.deepEqual([startX, startY, endX, endY], [0, 7, 7, 0]);
  assert.deepEqual([controlX, controlY], [0, 3.13]);
  assert.ok(draw('o').startsWith('M0 13C0 9.13 2.46 6 5.5 6L5.5 6C'), 'two round corners share a short side evenly');
});

test('text scales and moves as it is told to', () => {
  assert.equal(textWidth('H', style), 14);
  assert.equal(textWidth('HH', style), 14 + 6 + 14);
  assert.equal(textWidth('', style), 0);
  assert.equal(textWidth('Sagan', { capHeight: 10 }) * 2, textWidth('Sagan', style));
  const firstX = (anchor: 'start' | 'middle' | 'end') =>
    numbersOf(textPath('HH', style, { x: 100, baseline: 50, anchor }))[0];
  assert.deepEqual([firstX('start'), firstX('middle'), firstX('end')], [100, 83, 66]);
  assert.equal(numbersOf(textPath('H', style, { x: 0, baseline: 50 }))[3], 50);
  assert.ok(textStroke({ ...style, weight: 'bold' }) > textStroke(style));
});

test('an accent the font lacks is dropped, and an unknown character becomes a box', () => {
  assert.equal(draw('Ünïcödé'), draw('Unicode'));
  assert.equal(draw('漢'), draw('字'));
  assert.notEqual(draw('漢'), '');
  assert.ok(![...glyphs.keys()].some((character) => draw(character) === draw('漢')));
});

test('wrapped lines fit, keep every word, and break only where they must', () => {
  const sentence = 'attention of one query over all keys, sums to 1; scaled to its maximum';
  const lines = wrapText(sentence, style, 300);
  assert.equal(lines.join(' '), sentence);
  for (const [i, line] of lines.entries()) {
    assert.ok(textWidth(line, style) <= 300, line);
    const next = lines[i + 1]?.split(' ')[0];
    if (next !== undefined) assert.ok(textWidth(`${line} ${next}`, style) > 300, line);
  }
  assert.deepEqual(wrapText('incomprehensibilities are', style, 10), ['incomprehensibilities', 'are']);
  assert.deepEqual(wrapText('  ', style, 10), []);
});
