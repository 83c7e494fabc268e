/**
 * Programs of the graphics card for signs and discs, made before there are any. MapLibre links a program
 * the moment a layer first draws with it and waits until the card has done all that it was told before:
 * without a card, for up to half a second. Here each of these layers draws one point, under all that is
 * to be seen, once the first picture of the map stands and nobody waits for it.
 */

import { INCIDENTS } from "../incidents/layer.mjs";

/** The source of what is drawn for this alone. */
export const WARM = "warm";
/** So long whoever wants to draw waits for it. */
const PATIENCE_MS = 1500;
/** An incident and a group of them in one: whatever an expression asks for is there. */
const SAMPLE = { domain: "general", letter: "", severity: 1, overdue: false, point_count: 2, worst: 1, late: 0 };

/**
 * Layers that are drawn by the programs of the layers of incidents, and push nothing aside.
 * @param {any[]} layers of a style
 * @returns {any[]}
 */
export function warmLayers(layers) {
  return layers.filter(({ source }) => source === INCIDENTS).map(({ id, type, paint = {}, layout = {} }) => ({
    id: `${WARM}-${id}`,
    type,
    source: WARM,
    paint,
    layout: type === "symbol" ? { ...layout, visibility: "visible", ...asides(layout) } : {},
  }));
}

/** @param {any} layout */
function asides(layout) {
  const kinds = ["text", "icon"].filter((kind) => layout[`${kind}-${kind === "text" ? "field" : "image"}`] !== undefined);
  return Object.fromEntries(kinds.flatMap((kind) => [[`${kind}-allow-overlap`, true], [`${kind}-ignore-placement`, true]]));
}

/**
 * Make the programs once the first picture stands.
 * @param {any} map of MapLibre
 * @returns {Promise<void>} resolved when incidents can be drawn at once, or after a while in any case
 */
export function warm(map) {
  return new Promise((done) => {
    map.once("idle", () => { make(map).catch((error) => console.info("programs:", error)).finally(done); });
    setTimeout(done, PATIENCE_MS);
  });
}

/** @param {any} map */
async function make(map) {
  const { layers } = map.getStyle();
  const added = warmLayers(layers);
  const { lng, lat } = map.getCenter();
  map.addSource(WARM, { type: "geojson", data: { type: "Feature", properties: SAMPLE, geometry: { type: "Point", coordinates: [lng, lat] } } });
  for (const one of added) map.addLayer(one, layers[0].id);
  await new Promise((drawn) => { map.once("idle", drawn); });
  // Another style, which came meanwhile, has none of it.
  for (const { id } of added) if (map.getLayer(id)) map.removeLayer(id);
  if (map.getSource(WARM)) map.removeSource(WARM);
}
