/** The coarsest grids straight from the API: what is drawn while there are no tiles. */

/** The source of the sketch. */
export const SKETCH = "sketch";

/**
 * Outlines as the API has them, with a point for each name.
 * @param {any} collection GeoJSON of /api/grids
 * @returns {any} GeoJSON
 */
export function sketchOf(collection) {
  const names = collection.features.map((/** @type {any} */ feature) => ({
    type: "Feature",
    properties: { name: feature.properties.name },
    geometry: { type: "Point", coordinates: centroid(largestRing(feature.geometry)) },
  }));
  return { type: "FeatureCollection", features: [...collection.features, ...names] };
}

/** @param {import("./style.mjs").Look} look */
export function sketchLayers({ colours, fonts }) {
  const shapes = { source: SKETCH, filter: ["==", ["geometry-type"], "Polygon"] };
  return [
    { id: "sketch-fill", type: "fill", ...shapes, paint: { "fill-color": colours.land } },
    {
      id: "sketch-line",
      type: "line",
      ...shapes,
      layout: { "line-join": "round" },
      paint: { "line-color": colours["level-coarse"], "line-width": 1.3 },
    },
    {
      id: "sketch-label",
      type: "symbol",
      source: SKETCH,
      filter: ["==", ["geometry-type"], "Point"],
      layout: {
        "text-field": ["get", "name"],
        "text-font": [`${fonts[0]} Bold`, ...fonts],
        "text-size": 12.5,
        "text-max-width": 18,
        "text-padding": 1,
        "text-variable-anchor": ["center", "top", "bottom", "left", "right"],
        "text-radial-offset": 0.35,
      },
      paint: { "text-color": colours["label-coarse"], "text-halo-color": colours.halo, "text-halo-width": 1.7 },
    },
  ];
}

/** @param {any} geometry Polygon or MultiPolygon @returns {number[][]} its largest outer ring */
function largestRing(geometry) {
  const rings = geometry.type === "Polygon" ? [geometry.coordinates[0]] : geometry.coordinates.map((/** @type {any} */ part) => part[0]);
  return rings.reduce((/** @type {any} */ best, /** @type {any} */ ring) => (Math.abs(moments(ring)[0]) > Math.abs(moments(best)[0]) ? ring : best));
}

/** @param {number[][]} ring closed @returns {number[]} */
function centroid(ring) {
  const [area, x, y] = moments(ring);
  return area ? [ring[0][0] + x / (3 * area), ring[0][1] + y / (3 * area)] : ring[0];
}

/**
 * Twice the signed area of a ring, and its moments about its first point.
 * @param {number[][]} ring
 */
function moments(ring) {
  const [x0, y0] = ring[0];
  const sums = [0, 0, 0];
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const [x1, y1, x2, y2] = [ring[i][0] - x0, ring[i][1] - y0, ring[i + 1][0] - x0, ring[i + 1][1] - y0];
    const cross = x1 * y2 - x2 * y1;
    sums[0] += cross;
    sums[1] += (x1 + x2) * cross;
    sums[2] += (y1 + y2) * cross;
  }
  return sums;
}
