/** A basemap as sources and layers of the style: over the city's own ground, so that this shows where there is none. */

import { stillness } from "../dom.mjs";
import { templateOf } from "./fetching.mjs";

/** What ids of its sources begin with. */
export const BASEMAP = "basemap";

/** @typedef {import("./style.mjs").Look} Look */

/** @param {Look} look @returns {Record<string, any>} */
export function basemapSources({ basemap }) {
  if (!basemap) return {};
  if (basemap.vector_layers.length) {
    return { [`${BASEMAP}-${basemap.id}`]: { type: "vector", url: `pmtiles://${new URL(String(basemap.archive), location.href).href}` } };
  }
  return Object.fromEntries(stack(basemap).map((id, layer) => [id, {
    type: "raster",
    tiles: [templateOf(basemap, layer)],
    tileSize: basemap.tile_px,
    minzoom: basemap.min_zoom,
    maxzoom: basemap.max_zoom,
  }]));
}

/** Pictures, which cover the ground of the city. @param {Look} look @returns {any[]} */
export function pictureLayers({ basemap, theme }) {
  if (!basemap || basemap.vector_layers.length) return [];
  const dark = theme === "dark";
  return stack(basemap).map((id) => ({
    id,
    type: "raster",
    source: id,
    paint: {
      "raster-fade-duration": stillness() ? 0 : 150,
      // Quieter than borders and names; in the dark no lamp.
      "raster-saturation": basemap.imagery ? -0.1 : -0.3,
      "raster-brightness-max": dark ? 0.55 : 1,
    },
  }));
}

/** @param {import("./basemaps.mjs").Basemap} basemap */
function stack(basemap) {
  const count = basemap.archive ? 1 : basemap.urls.length;
  return Array.from({ length: count }, (_, layer) => `${BASEMAP}-${basemap.id}-${layer}`);
}

/** What a layer is called tells what it holds; points and names are left out. @type {[RegExp, string][]} */
const DRAWN = [
  [/label|name|poi|place|housenum|address/i, ""],
  [/bound|admin/i, ""],
  [/water|ocean|river|lake|sea/i, "water"],
  [/road|street|transport|rail|highway/i, "local"],
  [/build/i, "main-case"],
];

/** Vector tiles, below the city's own water and roads and in its colours. @param {Look} look @returns {any[]} */
export function vectorLayers({ basemap, colours }) {
  return (basemap?.vector_layers ?? []).flatMap((name) => {
    const colour = (DRAWN.find(([word]) => word.test(name)) ?? [null, "wash"])[1];
    if (!colour) return [];
    const shared = { source: `${BASEMAP}-${basemap?.id}`, "source-layer": name };
    const quiet = colour === "wash" ? 0.12 : colour === "main-case" ? 0.5 : 1;
    const lines = colour === "local" || colour === "water";
    return [
      ...(colour === "local" ? [] : [{ id: `${BASEMAP}-${name}-fill`, type: "fill", ...shared, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colours[colour], "fill-opacity": quiet } }]),
      ...(lines ? [{ id: `${BASEMAP}-${name}-line`, type: "line", ...shared, filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": colours[colour], "line-width": ["interpolate", ["exponential", 1.4], ["zoom"], 9, 0.4, 17, 6] } }] : []),
    ];
  });
}
