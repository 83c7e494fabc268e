/** The map style, as a function of city, colours and what is switched off. No glyphs: local fonts. */

import { INCIDENT, INCIDENTS, incidentLayers, incidentSource } from "../incidents/layer.mjs";
import { baseLabels, baseLayers } from "./bases.mjs";
import { levelLabels, outsideLabels, overlayLabels } from "./labels.mjs";
import { levelScales, mix } from "./scale.mjs";
import { focusLines, nearLayers, selectionFill, selectionLine } from "./selection.mjs";
import { SKETCH, sketchLayers } from "./sketch.mjs";
import { bandLayers, gridLayers, topicSources } from "../topics/layer.mjs";
import { WORK, workLayers } from "../work/layer.mjs";
import { FOCUS, SOURCE, fade, state } from "./source.mjs";

/**
 * @typedef {object} Look
 * @property {string} theme
 * @property {Record<string, string>} colours map colours of the palette
 * @property {string[]} fonts
 * @property {Set<string>} hidden ids of levels, overlays and bases that are switched off
 * @property {import("../topics/layer.mjs").Drawn|null} drawn the topic that is drawn over the city
 * @property {any} work GeoJSON of what is drawn by hand
 * @property {any} focus GeoJSON of the grid in focus
 * @property {any} sketch GeoJSON drawn in place of tiles that are missing, or null
 * @property {any} incidents GeoJSON of the open incidents in view
 * @property {any} incident GeoJSON of the one that is shown in the panel
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
  return look.sketch ? sketchStyle(look) : fullStyle(city, tilesUrl, look);
}

/** @param {Look} look */
function sketchStyle(look) {
  return {
    version: 8,
    sources: {
      [SKETCH]: { type: "geojson", data: look.sketch },
      ...ownSources(look),
    },
    layers: [
      { id: "void", type: "background", paint: { "background-color": look.colours.void } },
      ...sketchLayers(look),
      ...bandLayers(look),
      ...focusLines(look),
      ...workLayers(look),
      ...incidentLayers(look),
    ].map((layer) => hide(layer, look)),
  };
}

/** @param {any} city @param {string} tilesUrl @param {Look} look */
function fullStyle(city, tilesUrl, look) {
  const levels = levelScales(city);
  const finest = levels[levels.length - 1];
  return {
    version: 8,
    sources: {
      [SOURCE]: { type: "vector", url: `pmtiles://${tilesUrl}`, promoteId: "code" },
      ...ownSources(look),
    },
    layers: [
      { id: "void", type: "background", paint: { "background-color": look.colours.void } },
      ...outsideLayers(look),
      ...landLayers(levels, look),
      ...gridLayers(look),
      ...city.bases.flatMap((/** @type {any} */ base) => baseLayers(base.id, SOURCE, look)),
      ...bandLayers(look),
      ...levels.map((level) => selectionFill(level, look)),
      ...nearLayers(finest, look),
      ...city.overlays.flatMap((/** @type {any} */ overlay) => overlayLayers(overlay.id, look)),
      ...[...levels].reverse().flatMap((level) => levelLines(level, look)),
      ...levels.map((level) => selectionLine(level, look)),
      ...focusLines(look),
      ...workLayers(look),
      // Above every line, so that no border strikes a name through; below the grids in rank.
      ...city.bases.flatMap((/** @type {any} */ base) => baseLabels(base.id, SOURCE, look)),
      ...[...levels].reverse().map((level) => levelLabels(level, look)),
      ...city.overlays.map((/** @type {any} */ overlay) => overlayLabels(overlay, look)),
      outsideLabels(look),
      ...incidentLayers(look),
    ].map((layer) => hide(layer, look)),
  };
}

/** What is drawn over tiles and sketch alike. @param {Look} look */
function ownSources(look) {
  return {
    ...topicSources(look, NOTHING),
    [WORK]: { type: "geojson", data: look.work ?? NOTHING },
    [FOCUS]: { type: "geojson", data: look.focus ?? NOTHING },
    [INCIDENTS]: incidentSource(look.incidents ?? NOTHING),
    [INCIDENT]: { type: "geojson", data: look.incident ?? NOTHING },
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

/**
 * The city's land, and a wash along its coarsest borders, as atlases have it.
 * @param {any[]} levels @param {Look} look
 */
function landLayers(levels, { colours }) {
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
      // Where it cannot be seen yet, nothing is made of it.
      minzoom: Math.max(0, level.lineFrom),
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

/** @param {string} id @param {Look} look */
function overlayLayers(id, { colours }) {
  const shared = { source: SOURCE, "source-layer": id, metadata: { toggle: id } };
  const selected = state("selected");
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
