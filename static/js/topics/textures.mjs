/**
 * Signs of classes that have names: what a colour says of hot and cold spots and of their trends, a texture says, too,
 * for whoever cannot tell the colours apart, and on a grey print.
 */

/** Side of a tile in pixels of the screen; the texture repeats it. */
const TILE = 12;
const RATIO = 2;
const WIDTH = 1.5;

/** Strokes in a tile: x, y to x, y; one without length is a dot. @type {Record<string, number[][]>} */
const STROKES = {
  plus: [[3, 6, 9, 6], [6, 3, 6, 9]],
  minus: [[3, 6, 9, 6]],
  star: [[6, 2.6, 6, 9.4], [3, 4.3, 9, 7.7], [3, 7.7, 9, 4.3]],
  bars: [[3, 4.4, 9, 4.4], [3, 7.6, 9, 7.6]],
  up: [[3, 8, 6, 4], [6, 4, 9, 8]],
  down: [[3, 4, 6, 8], [6, 8, 9, 4]],
  line: [[0, 6, 12, 6]],
  dot: [[6, 6, 6, 6]],
  wave: [[0, 8, 3, 4], [3, 4, 6, 8], [6, 8, 9, 4], [9, 4, 12, 8]],
  cross: [[3.4, 3.4, 8.6, 8.6], [3.4, 8.6, 8.6, 3.4]],
};

/** Textures by class; what says nothing has none. @type {Record<string, string>} */
const OF = {
  "hot-99": "plus", "hot-95": "plus", "hot-90": "plus", "cold-90": "minus", "cold-95": "minus", "cold-99": "minus",
  new: "star", consecutive: "bars", intensifying: "up", persistent: "line", diminishing: "down", sporadic: "dot", oscillating: "wave", historical: "cross",
};

/** The texture of a class, "" for none. @param {string} name of SPOTS or PATTERNS */
export function textureOf(name) {
  return OF[name] ?? "";
}

/** Ink that is seen on a colour. @param {string} colour `#rrggbb` @returns {"dark"|"light"} */
export function inkOn(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => (parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "dark" : "light";
}

const INKS = { dark: [24, 30, 38], light: [255, 253, 248] };
/** How much of the ink there is: the colour below is seen through it. */
const STRENGTH = 0.78;

/** The name of the image of a texture. @param {string} texture @param {string} colour that is below it */
export function textureId(texture, colour) {
  return `texture-${texture}-${inkOn(colour)}`;
}

/**
 * A tile of a texture as the map takes it.
 * @param {string} id of `textureId`
 * @returns {{image: {width: number, height: number, data: Uint8Array}, pixelRatio: number}|null}
 */
export function textureImage(id) {
  const [, texture, ink] = /^texture-(\w+)-(dark|light)$/.exec(id) ?? [];
  if (!STROKES[texture]) return null;
  const size = TILE * RATIO;
  const data = new Uint8Array(size * size * 4);
  const rgb = INKS[/** @type {"dark"|"light"} */ (ink)];
  const half = STROKES[texture].every(([x, y, toX, toY]) => x === toX && y === toY) ? WIDTH : WIDTH / 2;
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const [x, y] = [(column + 0.5) / RATIO, (row + 0.5) / RATIO];
      const off = Math.min(...STROKES[texture].map((stroke) => distance(x, y, stroke)));
      const share = Math.max(0, Math.min(1, (half - off) * RATIO + 0.5));
      data.set([...rgb, Math.round(share * STRENGTH * 255)], (row * size + column) * 4);
    }
  }
  return { image: { width: size, height: size, data }, pixelRatio: RATIO };
}

/** How far a place is from a stroke. @param {number} x @param {number} y @param {number[]} stroke */
function distance(x, y, [x0, y0, x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = dx || dy ? Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy))) : 0;
  return Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
}

/** What to draw a texture with in a box of two tiles: the path of an SVG or a canvas. @param {string} texture */
export function texturePath(texture) {
  return (STROKES[texture] ?? []).flatMap(([x, y, toX, toY]) => [0, TILE].map((shift) => `M${x + shift} ${y}L${toX + shift + (x === toX && y === toY ? 0.01 : 0)} ${toY}`)).join("");
}

/** Strokes of a texture on a colour. @param {string} texture @param {string} colour @returns {{colour: string, width: number}} */
export function textureStroke(texture, colour) {
  const [r, g, b] = INKS[inkOn(colour)];
  return { colour: `rgba(${r},${g},${b},${STRENGTH})`, width: texture === "dot" ? 2 * WIDTH : WIDTH };
}
