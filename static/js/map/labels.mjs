/** Names on the map. Fine grids are numbered within their parent until there is room for names. */

import { isCovered } from "./beneath.mjs";
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
 * A name with a line break before a part of it, and only there: a break anywhere else would tear a
 * word or number apart.
 * @param {any} part expression or text
 * @param {number} [after] how many characters have to stand before it at least
 */
function brokenBefore(part, after = 0) {
  return [
    "let", "at", ["index-of", part, NAME],
    ["case",
      [">", ["var", "at"], after],
      ["concat", ["slice", NAME, 0, ["var", "at"]], "\n", ["slice", NAME, ["var", "at"]]],
      NAME],
  ];
}

/** Wider than any Chinese name, in ems; only long names in words with spaces are wrapped. */
const UNBROKEN = 18;

/** 街道 on a line of its own makes long names of subdistricts narrow enough for small ones. */
const NARROW_NAME = brokenBefore("街道", 2);
/** A whole zoom, as texts are made once for a whole zoom of tiles: 9.3 would act from 10 on. */
const NARROW_UNTIL = 11;

/**
 * The own part of a finest grid's name is its number and the name of the level (04微网格).
 * @param {any} level
 */
function wholeName(level) {
  return level.position < 1 ? NAME : brokenBefore(["concat", NUMBER, level.name]);
}

/**
 * Coarse names are bold, and so are the numbers of all but the finest level.
 * @param {any} level @param {string[]} fonts @param {string[]} bold
 */
function weight(level, fonts, bold) {
  if (level.position <= 0.5) return bold;
  return level.position < 1 ? ["step", ["zoom"], ["literal", bold], level.nameFrom, ["literal", fonts]] : fonts;
}

/** @param {any} level @param {Look} look */
export function levelLabels(level, look) {
  const { colours, fonts, drawn } = look;
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
      "text-field": level.nameFrom ? ["step", ["zoom"], NUMBER, level.nameFrom, wholeName(level)] : coarsest ? ["step", ["zoom"], NARROW_NAME, NARROW_UNTIL, NAME] : NAME,
      "text-font": weight(level, fonts, bold),
      "text-size": ["interpolate", ["linear"], ["zoom"], 9, size * (coarsest ? 0.78 : 0.86), 13, size, 17, size * 1.12],
      "text-letter-spacing": coarsest ? ["interpolate", ["linear"], ["zoom"], 9, 0.02, 12, 0.12] : 0.02,
      "text-max-width": UNBROKEN,
      "text-padding": coarsest ? 1 : level.position > 0.5 ? 3 : 5,
      ...dodging(level),
    },
    paint: {
      // On figures and pictures of any colour only the strongest ink can be read.
      "text-color": isCovered(look) || (drawn && drawn.form !== "none") ? colours["label-coarse"] : mix(colours["label-coarse"], colours["label-fine"], level.position ** 0.6),
      "text-halo-color": colours.halo,
      "text-halo-width": 1.7,
      "text-halo-blur": 0.3,
      "text-opacity": gone
        ? ["interpolate", ["linear"], ["zoom"], level.labelFrom, coarsest ? 1 : 0, level.labelFrom + 0.2, 1, level.labelGone - 0.3, 1, level.labelGone, 0]
        : fade(level.labelFrom, level.labelFrom + 0.2),
    },
  };
}

/**
 * Where a label may go if its place is taken: the coarsest a little, since all of them shall be
 * seen at once; the finest out of the way of the grids on top of them.
 * @param {any} level
 */
function dodging(level) {
  const anchors = ["center", "top", "bottom"];
  if (level.position === 0) {
    // The last four lead out from under incidents. Where there is room for towns, each has its name, in the way or not.
    const places = ["center", [0, 0], "top", [0, 0.35], "bottom", [0, -0.35], "top", [0, 0.95], "bottom", [0, -0.95], "top", [0, 1.6], "bottom", [0, -1.6]];
    return { "text-variable-anchor-offset": places, "text-overlap": ["step", ["zoom"], "never", 9.2, "always"] };
  }
  if (level.position < 1) return {};
  // A number must not leave its grid: it would seem to be the neighbour's.
  const dodge = ["step", ["zoom"], ["literal", ["center"]], level.nameFrom, ["literal", anchors]];
  return { "text-variable-anchor": dodge, "text-radial-offset": 1.6 };
}

/** @param {{id: string, name: string}} overlay @param {Look} look */
export function overlayLabels({ id, name }, { colours, fonts }) {
  return {
    id: `${id}-label`,
    type: "symbol",
    source: SOURCE,
    "source-layer": `${id}_label`,
    metadata: { toggle: id },
    minzoom: 15.3,
    layout: {
      "text-field": brokenBefore(name),
      "text-font": fonts,
      "text-size": 12,
      "text-max-width": UNBROKEN,
      // Close up the names of finest grids keep off the outline, which is no label to collide with.
      "text-padding": ["interpolate", ["linear"], ["zoom"], 15.5, 8, 17, 58, 18, 100],
    },
    paint: {
      "text-color": colours["overlay-label"],
      "text-halo-color": colours.halo,
      "text-halo-width": 1.6,
      "text-opacity": fade(15.3, 15.5),
    },
  };
}

/** From which (whole) zoom the names of areas that others govern say who, the view of the whole city among them. */
const GOVERNED_FROM = 9;

/** @param {Look} look */
export function outsideLabels({ colours, fonts }) {
  return {
    id: "outside-label",
    type: "symbol",
    source: SOURCE,
    "source-layer": "outside_label",
    metadata: { toggle: "outside" },
    layout: {
      "text-field": ["step", ["zoom"], NAME, GOVERNED_FROM, ["concat", NAME, "\n", ["get", "governed_by"]]],
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
