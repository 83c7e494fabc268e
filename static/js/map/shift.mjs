/**
 * A picture tile of a WGS-84 map, put together from tiles of a GCJ-02 map. It is the basemap that is
 * moved and not what the city knows: grids, pins and clicks stay WGS-84, exactly.
 */

import { fromWgs84 } from "./datum.mjs";

/** The shift changes by half a percent of the way at most: over half a cell by a twelfth of a pixel. */
const CELL_PX = 32;

/**
 * @typedef {{x: number, y: number, fromX: number, fromY: number, px: number}} Cell
 *   a square of the tile in its pixels, and where it is in the pixels of the whole GCJ-02 world
 */

/**
 * @param {number} z @param {number} x @param {number} y a tile @param {number} size its pixels
 * @returns {Cell[]}
 */
export function cellsOf(z, x, y, size) {
  const world = size * 2 ** z;
  /** @type {Cell[]} */
  const cells = [];
  for (let row = 0; row < size; row += CELL_PX) {
    for (let column = 0; column < size; column += CELL_PX) {
      const [left, top] = [x * size + column, y * size + row];
      const middle = { x: left + CELL_PX / 2, y: top + CELL_PX / 2 };
      const there = toPixel(fromWgs84(toPoint(middle, world), "gcj02"), world);
      cells.push({ x: column, y: row, fromX: left + there.x - middle.x, fromY: top + there.y - middle.y, px: CELL_PX });
    }
  }
  return cells;
}

/**
 * @param {number} z @param {number} x @param {number} y a tile of the WGS-84 map
 * @param {number} size pixels of a tile
 * @param {(z: number, x: number, y: number) => Promise<ImageBitmap|null>} tile of the GCJ-02 map; null where there is none
 * @returns {Promise<ImageBitmap|null>}
 */
export async function shifted(z, x, y, size, tile) {
  const cells = cellsOf(z, x, y, size);
  const count = 2 ** z;
  /** @param {"fromX"|"fromY"} side @returns {[number, number]} the first and the last tile that is needed; a pixel more, as pictures are smoothed */
  const needed = (side) => {
    const all = cells.map((cell) => cell[side]);
    return [Math.floor((Math.min(...all) - 1) / size), Math.floor((Math.max(...all) + CELL_PX + 1) / size)];
  };
  const [west, east] = needed("fromX");
  const [north, south] = needed("fromY");
  const wanted = [];
  for (let row = north; row <= south; row += 1) {
    for (let column = west; column <= east; column += 1) {
      if (row >= 0 && row < count) wanted.push({ row, column });
    }
  }
  const found = await Promise.all(wanted.map(async ({ row, column }) =>
    ({ row, column, image: await tile(z, ((column % count) + count) % count, row) })));
  if (found.every(({ image }) => !image)) return null;
  const whole = new OffscreenCanvas((east - west + 1) * size, (south - north + 1) * size);
  const pen = context(whole);
  for (const { row, column, image } of found) {
    if (image) pen.drawImage(image, (column - west) * size, (row - north) * size, size, size);
  }
  const made = new OffscreenCanvas(size, size);
  const copy = context(made);
  for (const { x: left, y: top, fromX, fromY, px } of cells) {
    copy.drawImage(whole, fromX - west * size, fromY - north * size, px, px, left, top, px, px);
  }
  return made.transferToImageBitmap();
}

/** @param {OffscreenCanvas} canvas */
function context(canvas) {
  return /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/** @param {{x: number, y: number}} pixel @param {number} world pixels around the equator in Web Mercator */
function toPoint({ x, y }, world) {
  const north = Math.PI * (1 - (2 * y) / world);
  return { lon: (x / world) * 360 - 180, lat: (Math.atan(Math.sinh(north)) / Math.PI) * 180 };
}

/** @param {{lon: number, lat: number}} point @param {number} world */
function toPixel({ lon, lat }, world) {
  const north = Math.asinh(Math.tan((lat / 180) * Math.PI));
  return { x: ((lon + 180) / 360) * world, y: ((1 - north / Math.PI) / 2) * world };
}
