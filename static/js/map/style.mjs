/** The map style, as a function of city, colours and what is switched off. No glyphs: local fonts. */

import { baseLayers } from "./bases.mjs";
import { levelScales, mix } from "./scale.mjs";

export const SOURCE = "city";
export const FOCUS = "focus";

/**
 * @typedef {object} Look
 * @property {string} theme
 * @property {Record<string, string>} colours map colours of the palette
 * @property {string[]} fonts
 * @property {Set<string>} hidden ids of levels, overlays and bases that are switched off
 * @property {any} focus GeoJSON of the grid in focus
 */

/** GeoJSON without anything. */
export const NOTHING = Object.freeze({ type: "FeatureCollection", features: [] });

/**
 * @param {any} city answer of /api/city
 * @param {string} tilesUrl absolute address of the archive
 * @param {Look} look
 * @returns {any} a MapLibre style
 */
export function buildStyle(city, tilesUrl, look) {
  const levels = levelScales(city);
  const finest = levels[levels.length - 1];
  return {
    version: 8,
    sources: {
      [SOURCE]: { type: "vector", url: `pmtiles://${tilesUrl}`, promoteId: "code" },
      [FOCUS]: { type: "geojson", data: look.focus ?? NOTHING },
    },
    layers: [
      { id: "void", type: "background", paint: { "background-color": look.colours.void } },
      ...outsideLayers(look),
      ...landLayers(levels, look),
      ...city.bases.flatMap((/** @type {any} */ base) => baseLayers(base.id, SOURCE, look)),
      ...selectionFills(finest, look),
      ...city.overlays.flatMap((/** @type {any} */ overlay) => overlayLayers(overlay.id, look)),
      ...[...levels].reverse().flatMap((level) => levelLines(level, look)),
      ...selectionLines(finest, look),
      ...[...levels].reverse().map((level) => levelLabels(level, finest, look)),
      ...city.overlays.map((/** @type {any} */ overlay) => overlayLabels(overlay.id, look)),
      outsideLabels(look),
    ].map((layer) => hide(layer, look)),
  };
}

/** @param {any} layer @param {Look} look */
function hide(layer, look) {
  const key = layer.metadata?.toggle;
  const visibility = key && look.hidden.has(key) ? "none" : "visible";
  return { ...layer, layout: { ...layer.layout, visibility } };
}

/** @param {Look} look */
function outsideLayers({ colours, theme }) {
  const shared = { source: SOURCE, "source-layer": "outside", metadata: { toggle: "outside" } };
  return [
    { id: "outside-fill", type: "fill", ...shared, paint: { "fill-color": colours.outside } },
    { id: "outside-hatch", type: "fill", ...shared, paint: { "fill-pattern": `hatch-${theme}` } },
    {
      id: "outside-line",
      type: "line",
      ...shared,
      paint: { "line-color": colours["outside-line"], "line-width": 0.8, "line-dasharray": [5, 3] },
    },
  ];
}

/** @param {Look} look */
function outsideLabels({ colours, fonts }) {
  return {
    id: "outside-label",
    type: "symbol",
    source: SOURCE,
    "source-layer": "outside_label",
    metadata: { toggle: "outside" },
    layout: {
      "text-field": ["step", ["zoom"], ["get", "name"], 9.4, ["concat", ["get", "name"], "\n", ["get", "governed_by"]]],
      "text-font": fonts,
      "text-size": ["interpolate", ["linear"], ["zoom"], 9, 11, 13, 13],
      "text-max-width": 9,
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

/** The city's land, and a wash along its coarsest borders, as atlases have it. */
function landLayers(/** @type {any[]} */ levels, /** @type {Look} */ { colours }) {
  const shared = { source: SOURCE, "source-layer": levels[0].id };
  return [
    { id: "land", type: "fill", ...shared, paint: { "fill-color": colours.land, "fill-antialias": false } },
    {
      id: "land-wash",
      type: "line",
      ...shared,
      metadata: { toggle: levels[0].id },
      layout: { "line-join": "round" },
      paint: {
        "line-color": colours.wash,
        "line-opacity": ["interpolate", ["linear"], ["zoom"], 8, 0.24, 12, 0.3, 16, 0.22],
        "line-width": ["interpolate", ["linear"], ["zoom"], 8, 4, 12, 11, 16, 20],
        "line-blur": ["interpolate", ["linear"], ["zoom"], 8, 0.5, 16, 3],
      },
    },
  ];
}

/** @param {any} level @param {Look} look */
function levelLines(level, { colours }) {
  const width = level.widthPx;
  const shared = { source: SOURCE, "source-layer": level.id };
  return [
    {
      id: `${level.id}-line`,
      type: "line",
      ...shared,
      metadata: { toggle: level.id },
      layout: { "line-join": "round", "line-cap": "round" },
      paint: {
        "line-color": mix(colours["level-coarse"], colours["level-fine"], level.position ** 0.7),
        "line-width": ["interpolate", ["linear"], ["zoom"], 8, width * 0.55, 12, width, 16, width * 1.7],
        "line-opacity": fade(level.lineFrom, level.lineFull, 0.95),
      },
    },
  ];
}

/** @param {any} level @param {any} finest @param {Look} look */
function levelLabels(level, finest, { colours, fonts }) {
  const size = level.position === 0 ? 15.5 : 14 - 3 * level.position;
  const gone = level.labelGone < 23;
  const shown = gone
    ? ["interpolate", ["linear"], ["zoom"], level.labelFrom, level.position ? 0 : 1, level.labelFrom + 0.5, 1, level.labelGone - 0.6, 1, level.labelGone, 0]
    : fade(level.labelFrom, level.labelFrom + 0.5);
  return {
    id: `${level.id}-label`,
    type: "symbol",
    source: SOURCE,
    "source-layer": `${level.id}_label`,
    metadata: { toggle: level.id },
    minzoom: Math.max(0, Math.min(level.labelFrom, 22)),
    maxzoom: gone ? level.labelGone : 24,
    layout: {
      "text-field": ["get", "name"],
      // MapLibre reads the weight from the first name.
      "text-font": level.position === 0 ? [`${fonts[0]} Bold`, ...fonts] : fonts,
      "text-size": ["interpolate", ["linear"], ["zoom"], 9, size * 0.86, 13, size, 17, size * 1.12],
      "text-letter-spacing": level.position === 0 ? 0.12 : level.id === finest.id ? 0 : 0.03,
      "text-max-width": 8,
      "text-padding": 5 + 3 * level.position,
      "symbol-sort-key": ["length", ["get", "name"]],
    },
    paint: {
      "text-color": mix(colours["label-coarse"], colours["label-fine"], level.position ** 0.6),
      "text-halo-color": colours.halo,
      "text-halo-width": 1.7,
      "text-halo-blur": 0.3,
      "text-opacity": shown,
    },
  };
}

/** @param {string} id @param {Look} look */
function overlayLayers(id, { colours }) {
  const shared = { source: SOURCE, "source-layer": id, metadata: { toggle: id } };
  const selected = ["boolean", ["feature-state", "selected"], false];
  return [
    {
      id: `${id}-fill`,
      type: "fill",
      ...shared,
      paint: {
        "fill-color": colours.overlay,
        "fill-opacity": ["interpolate", ["linear"], ["zoom"], 11.5, ["case", selected, 0.3, 0], 14, ["case", selected, 0.3, 0.13]],
      },
    },
    {
      id: `${id}-line`,
      type: "line",
      ...shared,
      paint: {
        "line-color": colours.overlay,
        "line-width": ["case", selected, 2.2, 1],
        "line-opacity": fade(11.8, 13.6, 0.9),
      },
    },
  ];
}

/** @param {string} id @param {Look} look */
function overlayLabels(id, { colours, fonts }) {
  return {
    id: `${id}-label`,
    type: "symbol",
    source: SOURCE,
    "source-layer": `${id}_label`,
    metadata: { toggle: id },
    minzoom: 13.6,
    layout: {
      "text-field": ["get", "name"],
      "text-font": fonts,
      "text-size": 12,
      "text-max-width": 8,
      "text-padding": 4,
    },
    paint: {
      "text-color": colours["overlay-label"],
      "text-halo-color": colours.halo,
      "text-halo-width": 1.6,
      "text-opacity": fade(13.6, 14.2),
    },
  };
}

/** @param {any} finest @param {Look} look */
function selectionFills(finest, { colours }) {
  return [
    {
      id: "finest-fill",
      type: "fill",
      source: SOURCE,
      "source-layer": finest.id,
      paint: {
        "fill-color": ["case", state("selected"), colours.select, state("near"), colours.near, colours.select],
        "fill-opacity": ["case", state("selected"), 0.2, state("near"), 0.16, state("hover"), 0.07, 0],
      },
    },
  ];
}

/** @param {any} finest @param {Look} look */
function selectionLines(finest, { colours }) {
  return [
    {
      id: "near-line",
      type: "line",
      source: SOURCE,
      "source-layer": finest.id,
      layout: { "line-join": "round" },
      paint: { "line-color": colours.near, "line-width": 2, "line-dasharray": [2.5, 1.5], "line-opacity": ["case", state("near"), 1, 0] },
    },
    {
      id: "selected-line",
      type: "line",
      source: SOURCE,
      "source-layer": finest.id,
      layout: { "line-join": "round" },
      paint: { "line-color": colours.select, "line-width": 2.6, "line-opacity": ["case", state("selected"), 1, 0] },
    },
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

/** @param {string} name */
function state(name) {
  return ["boolean", ["feature-state", name], false];
}

/** @param {number} from @param {number} full @param {number} [top] */
function fade(from, full, top = 1) {
  return ["interpolate", ["linear"], ["zoom"], from, 0, Math.max(full, from + 0.01), top];
}
