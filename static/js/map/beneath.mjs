/** A basemap as sources and layers of the style: over the city's own ground, so that this shows where there is none. */

import { stillness } from "../dom.mjs";
import { templateOf } from "./fetching.mjs";
import { mix } from "./scale.mjs";

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

/** Whether pictures cover the ground of the city. @param {Look} look */
export function isCovered({ basemap }) {
  return Boolean(basemap && !basemap.vector_layers.length);
}

/**
 * The look over a photograph of the ground: the colours of the night by day, too. Between fields, woods and roofs
 * only light lines and names with dark edges can be told.
 * @param {Look} look @returns {Look}
 */
export function overPhotographs(look) {
  if (!isCovered(look) || !look.basemap?.imagery || !look.night) return look;
  return { ...look, theme: "dark", colours: look.night, isDay: look.theme !== "dark" };
}

/**
 * The colour of a border. The finest are nearly the ground of the city's own map; they are not on that of others.
 * @param {number} position of its level, 0 coarsest … 1 finest @param {Look} look
 */
export function borderColour(position, look) {
  return mix(look.colours["level-coarse"], look.colours["level-fine"], (isCovered(look) ? 0.45 : 1) * position ** 0.7);
}

/** Pictures, which cover the ground of the city. @param {Look} look @returns {any[]} */
export function pictureLayers(look) {
  const { basemap, theme, isDay } = look;
  if (!basemap || !isCovered(look)) return [];
  return stack(basemap).map((id) => ({
    id,
    type: "raster",
    source: id,
    paint: { "raster-fade-duration": stillness() ? 0 : 150, ...tone(basemap.imagery, theme === "dark" && !isDay) },
  }));
}

/**
 * Quieter than borders and names; in the dark no lamp: a photograph is dimmed, a drawn map has its lights and darks
 * exchanged and its hues kept, so that its streets and names can still be read.
 * @param {boolean} imagery @param {boolean} dark
 */
function tone(imagery, dark) {
  if (imagery) return { "raster-saturation": -0.15, "raster-brightness-max": dark ? 0.55 : 0.9 };
  if (!dark) return { "raster-saturation": -0.3 };
  return { "raster-saturation": -0.55, "raster-hue-rotate": 180, "raster-brightness-min": 0.85, "raster-brightness-max": 0.1 };
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
