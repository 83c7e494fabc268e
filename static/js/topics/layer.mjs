/** The topic as layers of the map style: bands as they are, grids coloured by feature-state. */

import { SOURCE } from "../map/source.mjs";

/** The source of bands of density. */
export const BANDS = "topic-bands";
/** Name of the feature-state that holds a grid's class. */
export const CLASS = "topic";
/** Class of grids that were counted and had nothing. */
export const ZERO = -2;

/**
 * @typedef {object} Drawn what of a topic the map draws
 * @property {"bands"|"grids"} form
 * @property {string} level
 * @property {string[]} colours by class
 * @property {string} zero colour of grids that had nothing
 * @property {any} bands GeoJSON
 * @property {string[]} hatched codes of grids without data
 * @property {string[]} dotted codes of grids that are held back
 */
/** @typedef {import("../map/style.mjs").Look} Look */

/** Below water and roads, so that one still knows where one is. @param {Look} look @returns {any[]} */
export function gridLayers({ drawn, theme }) {
  if (drawn?.form !== "grids") return [];
  const shared = { source: SOURCE, "source-layer": drawn.level };
  const state = ["coalesce", ["feature-state", CLASS], -1];
  const colours = drawn.colours.flatMap((colour, i) => [i, colour]);
  return [
    {
      id: "topic-fill",
      type: "fill",
      ...shared,
      paint: {
        "fill-color": ["match", state, ZERO, drawn.zero, ...colours, "rgba(0,0,0,0)"],
        "fill-opacity": ["case", ["==", state, -1], 0, 0.86],
        "fill-antialias": false,
      },
    },
    ...pattern("hatch", drawn.hatched, shared, theme),
    ...pattern("dots", drawn.dotted, shared, theme),
  ];
}

/** @param {string} name @param {string[]} codes @param {any} shared @param {string} theme */
function pattern(name, codes, shared, theme) {
  if (!codes.length) return [];
  return [{
    id: `topic-${name}`,
    type: "fill",
    ...shared,
    filter: ["match", ["get", "code"], codes, true, false],
    paint: { "fill-pattern": `${name}-${theme}` },
  }];
}

/** Above water, below borders. @param {Look} look @returns {any[]} */
export function bandLayers({ drawn }) {
  if (drawn?.form !== "bands") return [];
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
