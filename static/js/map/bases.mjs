/** Water, houses and roads: quiet, so that grids speak. */

import { fade } from "./source.mjs";

/** Outlines of buildings that a city brings, and the marks and numbers of its gazetteer (app.maps.houses). */
const BUILDINGS = "buildings";
const HOUSES = "houses";
/** What lies under what; others between houses and roads. */
const ORDER = ["water", BUILDINGS, HOUSES, "", "roads"];

/**
 * Bases from the ground up: roads run over houses, never under them.
 * @param {{id: string, name: string}[]} bases
 */
export function inOrder(bases) {
  const rank = (/** @type {string} */ id) => (ORDER.includes(id) ? ORDER.indexOf(id) : ORDER.indexOf(""));
  return [...bases].sort((one, other) => rank(one.id) - rank(other.id));
}

/**
 * @param {string} id
 * @param {string} source
 * @param {import("./style.mjs").Look} look
 * @returns {any[]} layers of a base
 */
export function baseLayers(id, source, look) {
  const shared = { source, "source-layer": id, metadata: { toggle: id } };
  if (id === "water") return water(id, shared, look);
  if (id === "roads") return roads(id, shared, look);
  if (id === BUILDINGS || id === HOUSES) return houses(id, shared, look);
  return [
    {
      id: `${id}-line`,
      type: "line",
      ...shared,
      paint: { "line-color": look.colours["outside-line"], "line-width": 0.8 },
    },
  ];
}

/**
 * Names of water and of the roads that lead somewhere.
 * @param {string} id
 * @param {string} source
 * @param {import("./style.mjs").Look} look
 * @returns {any[]}
 */
export function baseLabels(id, source, look) {
  const shared = { source, "source-layer": id, metadata: { toggle: id } };
  if (id === "water") return [waterLabel(id, shared, look)];
  if (id === HOUSES) return [houseNumber(id, shared, look)];
  return id === "roads" ? [roadLabel(id, shared, look)] : [];
}

/** @param {string} id @param {any} shared @param {import("./style.mjs").Look} look */
function water(id, shared, { colours }) {
  return [
    { id: `${id}-fill`, type: "fill", ...shared, filter: polygons(), paint: { "fill-color": colours.water } },
    {
      id: `${id}-shore`,
      type: "line",
      ...shared,
      paint: {
        "line-color": colours["water-line"],
        "line-width": ["interpolate", ["linear"], ["zoom"], 9, 0.3, 14, 0.9],
      },
    },
  ];
}

/**
 * Close up only, when a house is some pixels large. Lines lie under every fill, so that marks that
 * overlap are one block. Over figures they only shade, so that no class looks like another.
 * @param {string} id @param {any} shared @param {import("./style.mjs").Look} look
 */
function houses(id, shared, { colours, drawn }) {
  const opacity = fade(15, 15.8, drawn && drawn.form !== "none" ? 0.35 : 1);
  const close = { ...shared, minzoom: 15, filter: polygons() };
  return [
    {
      id: `${id}-line`,
      type: "line",
      ...close,
      paint: { "line-color": colours["house-line"], "line-width": 1.6, "line-opacity": opacity },
    },
    { id: `${id}-fill`, type: "fill", ...close, paint: { "fill-color": colours.house, "fill-antialias": false, "fill-opacity": opacity } },
  ];
}

/** Numbers of doors and buildings, where every other name leaves room. @param {string} id @param {any} shared @param {import("./style.mjs").Look} look */
function houseNumber(id, shared, { colours, fonts, drawn }) {
  return {
    id: `${id}-label`,
    type: "symbol",
    ...shared,
    minzoom: 16.4,
    // Closer up the doors beside a door, 128-3, have theirs too.
    filter: ["all", ["has", "number"], ["step", ["zoom"], ["!", ["in", "-", ["get", "number"]]], 18, true]],
    layout: {
      "text-field": ["get", "number"],
      "text-font": fonts,
      "text-size": ["interpolate", ["linear"], ["zoom"], 16.4, 9.5, 18, 11.5],
      "text-padding": 3,
    },
    paint: {
      // As names of grids: on figures of any colour only the strongest ink can be read.
      "text-color": colours[drawn && drawn.form !== "none" ? "label-coarse" : "house-label"],
      "text-halo-color": colours.halo,
      "text-halo-width": 1.1,
      "text-opacity": fade(16.4, 16.5),
    },
  };
}

/** @param {string} id @param {any} shared @param {import("./style.mjs").Look} look */
function waterLabel(id, shared, { colours, fonts }) {
  return {
    id: `${id}-label`,
    type: "symbol",
    ...shared,
    // Ponds are named once they are large enough to be seen.
    filter: ["all", ["!=", ["coalesce", ["get", "name"], ""], ""], ["step", ["zoom"], ["==", ["get", "kind"], "river"], 13, true]],
    layout: {
      "text-field": ["get", "name"],
      "text-font": fonts,
      "text-size": ["case", ["==", ["get", "kind"], "river"], 12.5, 11],
      "text-letter-spacing": 0.16,
      "text-max-width": 9,
      "text-padding": 40,
    },
    minzoom: 9.5,
    paint: {
      "text-color": colours["water-label"],
      "text-halo-color": colours.halo,
      "text-halo-width": 1.2,
    },
  };
}

/**
 * Widths in pixels at zoom 9, 13 and 17; `from` is where a kind fades in, `paved` where it is drawn
 * like the main roads: cased, in their colour. Close up every road is wider than the border on it.
 * @type {Record<string, {px: number[], from: number, paved?: number[]}>}
 */
const ROADS = {
  street: { px: [0, 0.7, 10], from: 12.4, paved: [13.6, 14.4] },
  local: { px: [0.3, 1.2, 11], from: 10.4, paved: [12.8, 13.8] },
  main: { px: [0.7, 2.2, 15], from: 8 },
  motorway: { px: [1, 3, 18], from: 6.5 },
};

/** @param {string} id @param {any} shared @param {import("./style.mjs").Look} look */
function roads(id, shared, { colours }) {
  const kinds = Object.entries(ROADS);
  /** @param {number[]} px @param {number} more */
  const width = (px, more) => ["interpolate", ["exponential", 1.4], ["zoom"], 9, px[0] + more * 0.4, 13, px[1] + more, 17, px[2] + more * 1.5];
  /** @param {string} name @param {string} kind @param {any} opacity @param {any} paint */
  const line = (name, kind, opacity, paint) => ({
    id: `${id}-${kind}${name}`,
    type: "line",
    ...shared,
    filter: ["==", ["get", "kind"], kind],
    layout: { "line-join": "round", "line-cap": "round" },
    paint: { "line-opacity": opacity, ...paint },
  });
  // Cases below every fill, so that roads of all kinds flow into each other.
  const cases = kinds.map(([kind, { px, from, paved }]) =>
    line("-case", kind, paved ? fade(paved[0], paved[1]) : fade(from, from + 0.8), {
      "line-color": colours[paved ? "main-case" : `${kind}-case`],
      "line-width": width(px, 1.2),
    }));
  const fills = kinds.map(([kind, { px, from, paved }]) =>
    line("", kind, fade(from, from + 0.8), {
      "line-color": paved
        ? ["interpolate", ["linear"], ["zoom"], paved[0], colours[kind], paved[1], colours.main]
        : colours[kind],
      "line-width": width(px, 0),
    }));
  return [...cases, ...fills];
}

/**
 * Level, like signs on the road: along a steep road Chinese would be set upright, digit below digit.
 * @param {string} id @param {any} shared @param {import("./style.mjs").Look} look
 */
function roadLabel(id, shared, { colours, fonts }) {
  return {
    id: `${id}-label`,
    type: "symbol",
    ...shared,
    minzoom: 12.5,
    filter: ["all",
      ["!=", ["coalesce", ["get", "name"], ""], ""],
      ["step", ["zoom"],
        ["==", ["get", "kind"], "motorway"],
        15, ["in", ["get", "kind"], ["literal", ["main", "motorway"]]],
        16.5, true]],
    layout: {
      "symbol-placement": "line",
      "symbol-spacing": 640,
      "symbol-sort-key": ["match", ["get", "kind"], "motorway", 0, "main", 1, "local", 2, 3],
      "text-rotation-alignment": "viewport",
      "text-field": ["get", "name"],
      "text-font": fonts,
      "text-size": 11,
      "text-max-width": 18,
      "text-padding": 24,
    },
    paint: { "text-color": colours["road-label"], "text-halo-color": colours.halo, "text-halo-width": 1.6 },
  };
}

function polygons() {
  return ["==", ["geometry-type"], "Polygon"];
}
