/** The map drawn once more where nobody sees it: as large as it is wanted, and as sharp. */

import { addImage } from "./images.mjs";
import { metresPerPixel } from "./scale.mjs";
import { markAll } from "./selection.mjs";
import { buildStyle } from "./style.mjs";

/** So long it is waited for tiles that do not come; then it is drawn without them. */
const PATIENCE_MS = 20000;

/** @typedef {{lon: number, lat: number}} Point */
/**
 * @typedef {object} Unseen
 * @property {HTMLCanvasElement} canvas
 * @property {number} zoom
 * @property {number} metresPerPixel of the page, not of the canvas
 * @property {{x: number, y: number}[]} at where the points are, in pixels of the page
 * @property {number[]} bounds west, south, east, north in degrees
 */

/**
 * @param {import("./view.mjs").MapView} view
 * @param {{width: number, height: number, ratio: number, look: import("./style.mjs").Look, bounds: number[],
 *   points?: Point[], paint?: (map: any) => void}} wanted
 *   width and height in pixels of the page, `ratio` of the canvas's pixels to them; `paint` sets states of grids
 * @returns {Promise<Unseen>}
 */
export async function drawUnseen(view, { width, height, ratio, look, bounds, points = [], paint = () => {} }) {
  const box = document.createElement("div");
  box.className = "unseen-map";
  Object.assign(box.style, { width: `${width}px`, height: `${height}px` });
  document.body.append(box);
  const map = new view.gl.Map({
    container: box, style: buildStyle(view.city, view.tilesUrl, look), bounds, fitBoundsOptions: { padding: 10 },
    interactive: false, attributionControl: false, fadeDuration: 0, pixelRatio: ratio,
  });
  try {
    map.setMissingStyleImageResolver((/** @type {string} */ id) => addImage(map, id, view.palette));
    map.on("error", (/** @type {any} */ event) => console.info("unseen map:", event.error?.message ?? event));
    if (!(await once(map, "style.load"))) throw new Error("the style of the map was not read");
    paint(map);
    if (view.hasTiles) markAll(map, [...view.levels, ...view.city.overlays], view.marked);
    await once(map, "idle");
    const canvas = await copied(map);
    const centre = map.getCenter();
    const at = points.map(({ lon, lat }) => map.project([lon, lat]));
    return { canvas, at, zoom: map.getZoom(), metresPerPixel: metresPerPixel(centre.lat, map.getZoom()), bounds: map.getBounds().toArray().flat() };
  } finally {
    map.remove();
    box.remove();
  }
}

/** @param {any} map @param {string} event @returns {Promise<boolean>} whether it came in time */
function once(map, event) {
  return new Promise((done) => {
    const late = setTimeout(() => done(false), PATIENCE_MS);
    map.once(event, () => {
      clearTimeout(late);
      done(true);
    });
    map.triggerRepaint();
  });
}

/** Its canvas right after it was drawn, when it still holds its picture. @param {any} map @returns {Promise<HTMLCanvasElement>} */
function copied(map) {
  return new Promise((done) => {
    map.once("render", () => {
      const canvas = map.getCanvas();
      const copy = document.createElement("canvas");
      [copy.width, copy.height] = [canvas.width, canvas.height];
      /** @type {CanvasRenderingContext2D} */ (copy.getContext("2d")).drawImage(canvas, 0, 0);
      done(copy);
    });
    map.triggerRepaint();
  });
}
