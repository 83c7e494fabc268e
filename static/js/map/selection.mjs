/** Layers that mark: the located grid, the one across a near border, the one in focus. */

import { FOCUS, SOURCE, state } from "./source.mjs";

/** @typedef {import("./style.mjs").Look} Look */

/** @typedef {{layer: string, id: string, state: string}} Mark */

/**
 * Each of these layers has every grid, and the card would work for all of them though none is to be seen:
 * a third of a frame. One that is transparent as a whole is not drawn, and becomes visible without new tiles.
 */
const UNSEEN = {
  line: { "line-opacity": 0, "line-opacity-transition": { duration: 0 } },
  fill: { "fill-opacity": 0, "fill-opacity-transition": { duration: 0 } },
};
const NEAR_FILL = 0.16;

/** A colour of grids in a state; others have none. @param {string} name @param {string} colour */
const only = (name, colour) => ["case", state(name), colour, "rgba(0, 0, 0, 0)"];

/**
 * Mark grids, and have those layers drawn that mark them.
 * @param {any} map of MapLibre @param {{id: string}[]} layers levels and overlays @param {Mark[]} marked
 */
export function markAll(map, layers, marked) {
  for (const { layer, id, state } of marked) map.setFeatureState({ source: SOURCE, sourceLayer: layer, id }, { [state]: true });
  showMarks(map, layers, marked);
}

/**
 * Have those layers drawn that have a grid to mark.
 * @param {any} map of MapLibre @param {{id: string}[]} layers levels and overlays @param {Mark[]} marked
 */
export function showMarks(map, layers, marked) {
  const put = (/** @type {string} */ id, /** @type {string} */ property, /** @type {number} */ opacity) => {
    if (map.getLayer(id) && map.getPaintProperty(id, property) !== opacity) map.setPaintProperty(id, property, opacity);
  };
  for (const { id } of layers) {
    put(`${id}-selected-line`, "line-opacity", Number(marked.some(({ layer, state }) => layer === id && state === "selected")));
  }
  const isNear = marked.some(({ state }) => state === "near");
  put("near-fill", "fill-opacity", isNear ? NEAR_FILL : 0);
  put("near-line", "line-opacity", Number(isNear));
}

/**
 * The located grid. Where the tiles do not hold the finest level yet, the grid above stands in.
 * @param {any} level @param {Look} look
 */
export function selectionFill(level, { colours }) {
  return {
    id: `${level.id}-selected-fill`,
    type: "fill",
    ...standIn(level),
    paint: { "fill-color": colours.select, "fill-opacity": ["case", state("selected"), 0.2, state("hover"), 0.07, 0] },
  };
}

/** @param {any} level @param {Look} look */
export function selectionLine(level, { colours }) {
  return {
    id: `${level.id}-selected-line`,
    type: "line",
    ...standIn(level),
    layout: { "line-join": "round" },
    paint: { "line-color": only("selected", colours.select), "line-width": 2.6, ...UNSEEN.line },
  };
}

/** The dedicated grid of the answer. A width by grid would want a program of its own. @param {string} id @param {Look} look */
export function overlayMark(id, { colours }) {
  return {
    id: `${id}-selected-line`,
    type: "line",
    source: SOURCE,
    "source-layer": id,
    metadata: { toggle: id },
    paint: { "line-color": only("selected", colours.overlay), "line-width": 2.2, ...UNSEEN.line },
  };
}

/** @param {any} level */
function standIn(level) {
  return {
    source: SOURCE,
    "source-layer": level.id,
    minzoom: level.tilesFrom,
    maxzoom: Math.max(level.standsInUntil, level.tilesFrom),
  };
}

/** The grid across a border that is near. @param {any} finest @param {Look} look */
export function nearLayers(finest, { colours }) {
  const shared = { source: SOURCE, "source-layer": finest.id, minzoom: finest.tilesFrom };
  return [
    {
      id: "near-fill",
      type: "fill",
      ...shared,
      paint: { "fill-color": only("near", colours.near), ...UNSEEN.fill },
    },
    {
      id: "near-line",
      type: "line",
      ...shared,
      layout: { "line-join": "round" },
      paint: { "line-color": only("near", colours.near), "line-width": 2, "line-dasharray": [2.5, 1.5], ...UNSEEN.line },
    },
  ];
}

/** @param {Look} look */
export function focusLines({ colours }) {
  return [
    {
      id: "focus-case",
      type: "line",
      source: FOCUS,
      layout: { "line-join": "round" },
      paint: { "line-color": colours.halo, "line-width": 7, "line-opacity": 0.85 },
    },
    {
      id: "focus-line",
      type: "line",
      source: FOCUS,
      layout: { "line-join": "round" },
      paint: { "line-color": colours.select, "line-width": 3.2 },
    },
  ];
}
