/** Names on the map. Fine grids are numbered within their parent until there is room for names. */

import { mix } from "./scale.mjs";
import { SOURCE, fade } from "./source.mjs";

/** @typedef {import("./style.mjs").Look} Look */

const NAME = ["get", "name"];

/** The last part of a code with hyphens; the name where a code has none. */
const NUMBER = [
  "let", "first", ["index-of", "-", ["get", "code"]],
  ["case",
    ["<", ["var", "first"], 0], NAME,
    ["let", "second", ["index-of", "-", ["get", "code"], ["+", ["var", "first"], 1]],
      ["slice", ["get", "code"], ["+", 1, ["max", ["var", "first"], ["var", "second"]]]]]],
];

/**
 * Coarse names are bold, and so are the numbers of all but the finest level.
 * @param {any} level @param {string[]} fonts @param {string[]} bold
 */
function weight(level, fonts, bold) {
  if (level.position <= 0.5) return bold;
  return level.position < 1 ? ["step", ["zoom"], ["literal", bold], level.nameFrom, ["literal", fonts]] : fonts;
}

/** @param {any} level @param {Look} look */
export function levelLabels(level, { colours, fonts }) {
  const coarsest = level.position === 0;
  const size = coarsest ? 15.5 : 14.5 - 3.5 * level.position;
  const gone = level.labelGone < 23;
  const bold = [`${fonts[0]} Bold`, ...fonts]; // MapLibre reads the weight from the first name
  return {
    id: `${level.id}-label`,
    type: "symbol",
    source: SOURCE,
    "source-layer": `${level.id}_label`,
    metadata: { toggle: level.id },
    minzoom: Math.max(0, Math.min(level.labelFrom, 22)),
    maxzoom: gone ? level.labelGone : 24,
    layout: {
      "text-field": level.nameFrom ? ["step", ["zoom"], NUMBER, level.nameFrom, NAME] : NAME,
      "text-font": weight(level, fonts, bold),
      "text-size": ["interpolate", ["linear"], ["zoom"], 9, size * 0.86, 13, size, 17, size * 1.12],
      "text-letter-spacing": coarsest ? 0.12 : 0.02,
      "text-max-width": 9,
      "text-padding": level.position > 0.5 ? 3 : 5,
      ...(coarsest ? { "text-variable-anchor": ["center", "top", "bottom"], "text-radial-offset": 0.4 } : {}),
    },
    paint: {
      "text-color": mix(colours["label-coarse"], colours["label-fine"], level.position ** 0.6),
      "text-halo-color": colours.halo,
      "text-halo-width": 1.7,
      "text-halo-blur": 0.3,
      "text-opacity": gone
        ? ["interpolate", ["linear"], ["zoom"], level.labelFrom, coarsest ? 1 : 0, level.labelFrom + 0.2, 1, level.labelGone - 0.3, 1, level.labelGone, 0]
        : fade(level.labelFrom, level.labelFrom + 0.2),
    },
  };
}

/** @param {string} id @param {Look} look */
export function overlayLabels(id, { colours, fonts }) {
  return {
    id: `${id}-label`,
    type: "symbol",
    source: SOURCE,
    "source-layer": `${id}_label`,
    metadata: { toggle: id },
    minzoom: 15.3,
    layout: {
      "text-field": NAME,
      "text-font": fonts,
      "text-size": 12,
      "text-max-width": 8,
      "text-padding": 4,
    },
    paint: {
      "text-color": colours["overlay-label"],
      "text-halo-color": colours.halo,
      "text-halo-width": 1.6,
      "text-opacity": fade(15.3, 15.5),
    },
  };
}

/** @param {Look} look */
export function outsideLabels({ colours, fonts }) {
  return {
    id: "outside-label",
    type: "symbol",
    source: SOURCE,
    "source-layer": "outside_label",
    metadata: { toggle: "outside" },
    layout: {
      "text-field": ["step", ["zoom"], NAME, 9.4, ["concat", NAME, "\n", ["get", "governed_by"]]],
      "text-font": fonts,
      "text-size": ["interpolate", ["linear"], ["zoom"], 9, 11, 13, 13],
      "text-max-width": 12,
      "text-line-height": 1.35,
    },
    paint: {
      "text-color": colours["outside-label"],
      "text-halo-color": colours.outside,
      "text-halo-width": 1.6,
      "text-opacity": fade(7.6, 8.4),
    },
  };
}
