/** Layers that mark: the located grid, the one across a near border, the one in focus. */

import { FOCUS, SOURCE, state } from "./source.mjs";

/** @typedef {import("./style.mjs").Look} Look */

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
    paint: { "line-color": colours.select, "line-width": 2.6, "line-opacity": ["case", state("selected"), 1, 0] },
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
      paint: { "fill-color": colours.near, "fill-opacity": ["case", state("near"), 0.16, 0] },
    },
    {
      id: "near-line",
      type: "line",
      ...shared,
      layout: { "line-join": "round" },
      paint: { "line-color": colours.near, "line-width": 2, "line-dasharray": [2.5, 1.5], "line-opacity": ["case", state("near"), 1, 0] },
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
