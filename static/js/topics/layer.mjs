/** The topic as layers of the map style: bands as they are, grids coloured by feature-state. */

import { SOURCE } from "../map/source.mjs";
import { textureId } from "./textures.mjs";

/** The source of bands of density. */
export const BANDS = "topic-bands";
/** Name of the feature-state that holds a grid's colour. */
export const COLOUR = "topic";
/** Colours are told grid by grid and stand in no style: other classes, colours or themes would have every tile made anew. */
const PAINT = Object.freeze({
  "fill-color": ["to-color", ["feature-state", COLOUR], "rgba(0,0,0,0)"],
  "fill-opacity": 0.86,
  "fill-antialias": false,
});

/**
 * @typedef {object} Drawn what of a topic the map draws
 * @property {"bands"|"grids"|"none"} form
 * @property {string} level
 * @property {string[]} colours by class
 * @property {Record<string, Fill>} fills how grids are coloured, by level: those of now, and those of before
 * @property {any} bands GeoJSON
 * @property {string[]} hatched codes of grids without data
 * @property {string[]} dotted codes of grids that are held back
 * @property {{image: string, codes: string[]}[]} textured codes of grids of a class that has a texture
 */
/** @typedef {{colours: string[], zero: string}} Fill colours by class, and of grids that had nothing */
/** @typedef {import("../map/style.mjs").Look} Look */

/**
 * What lies over the colours of grids.
 * @param {import("./figures.mjs").Figures|null} figures
 * @returns {{hatched: string[], dotted: string[], textured: {image: string, codes: string[]}[]}}
 */
export function marksOf(figures) {
  const rows = figures?.rows ?? [];
  const codes = (/** @type {(row: import("./figures.mjs").Row) => boolean} */ is) => rows.filter(is).map(({ code }) => code);
  return {
    hatched: codes(({ state }) => state === "no_data"),
    dotted: codes(({ state }) => state === "suppressed"),
    textured: (figures?.textures ?? [])
      .map((texture, i) => (texture ? { image: textureId(texture, figures?.colours[i] ?? ""), codes: codes(({ place }) => place === i) } : { image: "", codes: [] }))
      .filter((one) => one.codes.length),
  };
}

/**
 * Below water and roads, so that one still knows where one is. What was drawn before is hidden and not taken away: a tile that is
 * still under way would look in vain for the layer whose states it has, and stay empty.
 * @param {Look} look @returns {any[]}
 */
export function gridLayers({ drawn, theme }) {
  if (!drawn) return [];
  const isShown = (/** @type {string} */ level) => drawn.form === "grids" && level === drawn.level;
  const fills = Object.keys(drawn.fills).map((level) => ({
    id: `topic-fill-${level}`,
    type: "fill",
    source: SOURCE,
    "source-layer": level,
    layout: { visibility: isShown(level) ? "visible" : "none" },
    paint: PAINT,
  }));
  if (drawn.form !== "grids") return fills;
  const shared = { source: SOURCE, "source-layer": drawn.level };
  return [
    ...fills,
    ...pattern("hatch", drawn.hatched, shared, `hatch-${theme}`),
    ...pattern("dots", drawn.dotted, shared, `dots-${theme}`),
    ...drawn.textured.flatMap(({ image, codes }, i) => pattern(`texture-${i}`, codes, shared, image)),
  ];
}

/** The colour of a grid; none where it has no class. @param {Fill} fill @param {{place: number, state: string}} row @returns {string|undefined} */
export function colourOf({ colours, zero }, { place, state }) {
  return state === "zero" ? zero : colours[place];
}

/** @param {string} name @param {string[]} codes @param {any} shared @param {string} image */
function pattern(name, codes, shared, image) {
  if (!codes.length) return [];
  return [{
    id: `topic-${name}`,
    type: "fill",
    ...shared,
    filter: ["match", ["get", "code"], codes, true, false],
    paint: { "fill-pattern": image },
  }];
}

/** Above water, below borders. @param {Look} look @returns {any[]} */
export function bandLayers({ drawn }) {
  if (drawn?.form !== "bands" || !drawn.colours.length) return []; // nothing happened: there is no band
  const steps = drawn.colours.flatMap((colour, i) => [i, colour]);
  return [
    {
      id: "topic-bands",
      type: "fill",
      source: BANDS,
      paint: { "fill-color": ["match", ["get", "at"], ...steps, "rgba(0,0,0,0)"], "fill-opacity": 0.66, "fill-antialias": false },
    },
    {
      id: "topic-bands-line",
      type: "line",
      source: BANDS,
      paint: { "line-color": ["match", ["get", "at"], ...steps, "rgba(0,0,0,0)"], "line-width": 0.8, "line-opacity": 0.9 },
    },
  ];
}

/** @param {Look} look @param {any} nothing GeoJSON without anything @returns {Record<string, any>} */
export function topicSources({ drawn }, nothing) {
  return { [BANDS]: { type: "geojson", data: drawn?.bands ?? nothing } };
}
