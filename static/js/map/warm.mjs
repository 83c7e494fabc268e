/**
 * Programs of the graphics card, made before they are needed. MapLibre links a program the moment a layer
 * first draws with it and waits until the card has done all that it was told before: without a card, for
 * up to half a second. Here one layer of each kind draws one small area, under all that is to be seen, once
 * the first picture of the map stands: those of incidents first, then those of other zooms.
 */

import { INCIDENTS } from "../incidents/layer.mjs";

/** The source of what is drawn for this alone. */
export const WARM = "warm";
/** So long whoever wants to draw incidents waits for it. */
const PATIENCE_MS = 1500;
/** So many kinds are drawn in a frame: each may cost a tenth of a second. */
const AT_ONCE = 3;
/** An incident and a group of them in one: whatever an expression asks for is there. */
const SAMPLE = { domain: "general", letter: "", severity: 1, overdue: false, point_count: 2, worst: 1, late: 0 };
/** Half the side of the area in degrees. */
const HALF = 0.001;
const DRAWN = new Set(["fill", "line", "circle", "symbol"]);
/** What is drawn by another program where it is set. */
const VARIANTS = ["fill-pattern", "line-pattern", "line-dasharray", "line-gradient"];

/** Whether an expression asks the feature. @param {any} value */
const asksFeature = (value) => /"(get|has|feature-state|properties|id|geometry-type)"/.test(JSON.stringify(value) ?? "");

/**
 * What tells the program of a layer: its type, and which of its properties differ by feature.
 * @param {any} layer of a style
 * @returns {string}
 */
export function kindOf({ type, paint = {}, layout = {} }) {
  const own = ["text-field", "icon-image"].filter((name) => layout[name] !== undefined);
  const differing = Object.entries(paint)
    .filter(([, value]) => asksFeature(value))
    .map(([name, value]) => (JSON.stringify(value).includes('"zoom"') ? `${name} by zoom` : name));
  return [type, ...own, ...VARIANTS.filter((name) => paint[name] !== undefined), ...differing.sort()].join(" ");
}

/**
 * One layer for each kind of those of a style, those of incidents first; they push nothing aside.
 * @param {any[]} layers of a style
 * @returns {any[]}
 */
export function warmLayers(layers) {
  const isWanted = (/** @type {any} */ { type, source, layout }) => DRAWN.has(type) && (source === INCIDENTS || layout?.visibility !== "none");
  const wanted = layers.filter(isWanted).sort((a, b) => Number(b.source === INCIDENTS) - Number(a.source === INCIDENTS));
  const kinds = new Map(wanted.reverse().map((layer) => [kindOf(layer), layer]));
  return [...kinds.values()].reverse().map(({ id, type, paint = {}, layout = {} }) => ({
    id: `${WARM}-${id}`,
    type,
    source: WARM,
    paint: seen(paint),
    layout: type === "symbol" ? alone(layout) : {},
  }));
}

/** What is wholly transparent at a zoom would not be drawn. @param {any} paint */
function seen(paint) {
  return Object.fromEntries(Object.entries(paint).map(([name, value]) => [name, name.endsWith("-opacity") && !asksFeature(value) ? 1 : value]));
}

/** @param {any} layout */
function alone({ "symbol-placement": _, ...layout }) {
  const found = { ...layout, visibility: "visible" };
  for (const [part, name] of [["text", "text-field"], ["icon", "icon-image"]]) {
    if (layout[name] === undefined) continue;
    delete found[`${part}-overlap`];
    Object.assign(found, { [`${part}-allow-overlap`]: true, [`${part}-ignore-placement`]: true });
    if (part === "text") found[name] = "1";
  }
  return found;
}

/**
 * Make the programs once the first picture stands.
 * @param {any} map of MapLibre
 * @returns {Promise<void>} resolved when incidents can be drawn at once, or after a while in any case
 */
export function warm(map) {
  return new Promise((done) => {
    map.once("idle", () => { makeAll(map, done).catch((error) => console.info("programs:", error)).finally(done); });
    setTimeout(done, PATIENCE_MS);
  });
}

/** @param {any} map @param {() => void} done when those of incidents are made */
async function makeAll(map, done) {
  const all = warmLayers(map.getStyle().layers);
  for (let at = 0; at < all.length; at += AT_ONCE) {
    await make(map, all.slice(at, at + AT_ONCE));
    done();
  }
}

/** @param {any} map @param {any[]} added */
async function make(map, added) {
  const { lng, lat } = map.getCenter();
  const ring = [[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]].map(([x, y]) => [lng + HALF * x, lat + HALF * y]);
  map.addSource(WARM, { type: "geojson", data: { type: "Feature", properties: SAMPLE, geometry: { type: "Polygon", coordinates: [ring] } } });
  const lowest = map.getStyle().layers[0].id;
  for (const one of added) map.addLayer(one, lowest);
  await new Promise((drawn) => { map.once("idle", drawn); });
  // Another style, which came meanwhile, has none of it.
  for (const { id } of added) if (map.getLayer(id)) map.removeLayer(id);
  if (map.getSource(WARM)) map.removeSource(WARM);
}
