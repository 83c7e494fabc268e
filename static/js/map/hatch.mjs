/** Patterns, drawn once for each theme: hatching of areas that others govern or without data, dots of what is held back. */

const SIDE = 16; // pixels; the pattern repeats
const RATIO = 2;

/**
 * @param {string} colour `#rrggbb`
 * @param {boolean} [leansLeft] the other way than areas that others govern
 * @returns {{width: number, height: number, data: Uint8Array}}
 */
export function hatch(colour, leansLeft = false) {
  const size = SIDE * RATIO;
  const data = new Uint8Array(size * size * 4);
  const rgb = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      // Distance from the nearest of the diagonals x + y = k · size/2, in pattern pixels.
      const along = (leansLeft ? size + x - y : x + y) % (size / 2);
      const off = Math.min(along, size / 2 - along) / Math.SQRT2;
      const ink = Math.max(0, Math.min(1, 1.35 - off));
      data.set([...rgb, Math.round(ink * 255)], (y * size + x) * 4);
    }
  }
  return { width: size, height: size, data };
}

/** @param {string} colour `#rrggbb` @returns {{width: number, height: number, data: Uint8Array}} */
export function dots(colour) {
  const size = SIDE * RATIO;
  const data = new Uint8Array(size * size * 4);
  const rgb = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      // Two dots to a square, each row beside the one before.
      const step = size / 2;
      const row = Math.floor(y / step);
      const off = Math.hypot(((x + row * (step / 2)) % step) - step / 2, (y % step) - step / 2);
      data.set([...rgb, Math.round(Math.max(0, Math.min(1, 3.4 - off)) * 255)], (y * size + x) * 4);
    }
  }
  return { width: size, height: size, data };
}

export const HATCH_OPTIONS = Object.freeze({ pixelRatio: RATIO });
