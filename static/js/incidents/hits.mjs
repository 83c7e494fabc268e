/** Which incident, or group of them, a place on the screen means. */

import { HIT_LAYERS, INCIDENTS } from "./layer.mjs";

/** How far beside a symbol a click may be. */
const HIT_PX = 3;
/** So many of a group that does not fall apart are offered. */
const MOST = 12;

/** @typedef {{number?: string, cluster?: number, count?: number, lon: number, lat: number}} Hit */

/**
 * The one that is seen there: of what lies on each other the topmost, beside all of them the nearest.
 * @param {any} map of MapLibre @param {{x: number, y: number}} point
 * @returns {Hit|null}
 */
export function hitAt(map, { x, y }) {
  const layers = HIT_LAYERS.filter((id) => map.getLayer(id));
  if (!layers.length) return null;
  const box = [[x - HIT_PX, y - HIT_PX], [x + HIT_PX, y + HIT_PX]];
  for (const where of [[x, y], box]) {
    const found = map.queryRenderedFeatures(where, { layers });
    if (found.length) return told(topmost(map, found, x, y));
  }
  return null;
}

/** @param {any} map @param {any[]} found @param {number} x @param {number} y */
function topmost(map, found, x, y) {
  const weighed = found.map((one) => {
    const { severity = 0, overdue, point_count: count = 0 } = one.properties;
    const at = map.project(one.geometry.coordinates);
    return { one, layer: HIT_LAYERS.indexOf(one.layer.id), above: count || severity + (overdue ? 0.5 : 0), far: Math.hypot(at.x - x, at.y - y) };
  });
  return weighed.sort((a, b) => a.layer - b.layer || b.above - a.above || a.far - b.far)[0].one;
}

/** @param {any} feature @returns {Hit} */
function told({ properties: { number, cluster_id: cluster, point_count: count }, geometry: { coordinates: [lon, lat] } }) {
  return { number, cluster, count, lon, lat };
}

/**
 * What becomes of a group: the zoom at which it falls apart, or the incidents of one that does not.
 * @param {any} map of MapLibre @param {Hit} group @param {number} closest zoom of the map
 * @returns {Promise<{zoom: number}|{numbers: string[]}|null>} null if the group is gone; the gravest first
 */
export async function apart(map, { cluster }, closest) {
  const source = map.getSource(INCIDENTS);
  try {
    const zoom = await source.getClusterExpansionZoom(cluster);
    if (zoom < closest) return { zoom: zoom + 0.2 };
    const all = (await source.getClusterLeaves(cluster, 1000, 0)).map((/** @type {any} */ one) => one.properties);
    all.sort((/** @type {any} */ a, /** @type {any} */ b) => b.severity - a.severity || Number(b.overdue) - Number(a.overdue) || (a.number < b.number ? 1 : -1));
    return { numbers: all.slice(0, MOST).map((/** @type {any} */ one) => one.number) };
  } catch {
    return null;
  }
}
