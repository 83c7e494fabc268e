/**
 * Signs of classes that have names: what a colour says of hot and cold spots and of their trends, a texture says, too,
 * for whoever cannot tell the colours apart, and on a grey print.
 */

/** Side of a tile in pixels of the screen; the texture repeats it. */
const TILE = 12;
const RATIO = 2;
const WIDTH = 1.5;

/**
 * What of a palette draws textures: two inks, strokes in a tile of 12 pixels (x, y to x, y; one without length is a dot), and
 * which class has which.
 * @typedef {{textures: {ink: {dark: string, light: string}, strokes: Record<string, number[][]>, of: Record<string, string>}}} Palette
 */
/** @typedef {{name: string, strokes: number[][], ink: {dark: string, light: string}}} Texture */

/** The texture of a class; what says nothing has none. @param {Palette} palette @param {string} sign of SPOTS or PATTERNS @returns {Texture|null} */
export function textureOf({ textures: { ink, strokes, of } }, sign) {
  return of[sign] ? { name: of[sign], strokes: strokes[of[sign]], ink } : null;
}

/** Ink that is seen on a colour. @param {string} colour `#rrggbb` @returns {"dark"|"light"} */
export function inkOn(colour) {
  const [r, g, b] = rgbOf(colour).map((one) => (one / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "dark" : "light";
}

/** How much of the ink there is: the colour below is seen through it. */
const STRENGTH = 0.78;

/** The name of the image of a texture. @param {Texture} texture @param {string} colour that is below it */
export function textureId({ name }, colour) {
  return `texture-${name}-${inkOn(colour)}`;
}

/**
 * A tile of a texture as the map takes it.
 * @param {string} id of `textureId` @param {Palette} palette
 * @returns {{image: {width: number, height: number, data: Uint8Array}, pixelRatio: number}|null}
 */
export function textureImage(id, { textures }) {
  const [, name, ink] = /^texture-(\w+)-(dark|light)$/.exec(id) ?? [];
  const strokes = textures.strokes[name];
  if (!strokes) return null;
  const size = TILE * RATIO;
  const data = new Uint8Array(size * size * 4);
  const rgb = rgbOf(textures.ink[/** @type {"dark"|"light"} */ (ink)]);
  const half = widthOf(strokes) / 2;
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const [x, y] = [(column + 0.5) / RATIO, (row + 0.5) / RATIO];
      const off = Math.min(...strokes.map((stroke) => distance(x, y, stroke)));
      const share = Math.max(0, Math.min(1, (half - off) * RATIO + 0.5));
      data.set([...rgb, Math.round(share * STRENGTH * 255)], (row * size + column) * 4);
    }
  }
  return { image: { width: size, height: size, data }, pixelRatio: RATIO };
}

/** @param {string} colour `#rrggbb` */
function rgbOf(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/** A dot is as wide as two strokes. @param {number[][]} strokes */
function widthOf(strokes) {
  return strokes.every(([x, y, toX, toY]) => x === toX && y === toY) ? 2 * WIDTH : WIDTH;
}

/** How far a place is from a stroke. @param {number} x @param {number} y @param {number[]} stroke */
function distance(x, y, [x0, y0, x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = dx || dy ? Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy))) : 0;
  return Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
}

/** What to draw a texture with in a box of two tiles: the path of an SVG or a canvas. @param {Texture} texture */
export function texturePath({ strokes }) {
  return strokes.flatMap(([x, y, toX, toY]) => [0, TILE].map((shift) => `M${x + shift} ${y}L${toX + shift + (x === toX && y === toY ? 0.01 : 0)} ${toY}`)).join("");
}

/** Strokes of a texture on a colour. @param {Texture} texture @param {string} colour @returns {{colour: string, width: number}} */
export function textureStroke({ strokes, ink }, colour) {
  const [r, g, b] = rgbOf(ink[inkOn(colour)]);
  return { colour: `rgba(${r},${g},${b},${STRENGTH})`, width: widthOf(strokes) };
}
