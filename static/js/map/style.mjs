/** The map style, as a function of city, colours and what is switched off. No glyphs: local fonts. */

import { INCIDENT, INCIDENTS, incidentLayers, incidentSource } from "../incidents/layer.mjs";
import { basemapSources, borderColour, isCovered, overPhotographs, pictureLayers, vectorLayers } from "./beneath.mjs";
import { enlarged } from "./enlarged.mjs";
import { baseLabels, baseLayers, inOrder } from "./bases.mjs";
import { levelLabels, outsideLabels, overlayLabels } from "./labels.mjs";
import { levelScales } from "./scale.mjs";
import { focusLines, nearLayers, overlayMark, selectionFill, selectionLine } from "./selection.mjs";
import { SKETCH, sketchLayers } from "./sketch.mjs";
import { bandLayers, gridLayers, topicSources } from "../topics/layer.mjs";
import { WORK, workLayers } from "../work/layer.mjs";
import { FOCUS, SOURCE, fade, state } from "./source.mjs";

/**
 * @typedef {object} Look
 * @property {string} theme
 * @property {Record<string, string>} colours map colours of the palette
 * @property {Record<string, string>} [night] those of the dark theme
 * @property {boolean} [isDay] whether the theme is light though the colours are those of the night
 * @property {string[]} fonts
 * @property {number} [times] how many times as large as on a desk names and signs are
 * @property {Set<string>} hidden ids of levels, overlays and bases that are switched off
 * @property {import("../topics/layer.mjs").Drawn|null} drawn the topic that is drawn over the city
 * @property {import("./basemaps.mjs").Basemap|null} basemap the map of others that lies under the grids
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
  return look.sketch ? sketchStyle(look) : fullStyle(city, tilesUrl, overPhotographs(look));
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
    ].map((layer) => shown(layer, look)),
  };
}

/** @param {any} city @param {string} tilesUrl @param {Look} look */
function fullStyle(city, tilesUrl, look) {
  const levels = levelScales(city, look.times);
  const finest = levels[levels.length - 1];
  const pictures = pictureLayers(look);
  return {
    version: 8,
    sources: {
      [SOURCE]: { type: "vector", url: `pmtiles://${tilesUrl}`, promoteId: "code" },
      ...basemapSources(look),
      ...ownSources(look),
    },
    layers: [
      { id: "void", type: "background", paint: { "background-color": look.colours.void } },
      ...groundLayers(city, levels, look),
      ...bandLayers(look),
      ...levels.map((level) => selectionFill(level, look)),
      ...nearLayers(finest, look),
      ...city.overlays.flatMap((/** @type {any} */ overlay) => overlayLayers(overlay.id, look)),
      ...bordersOf(levels, look.hidden).reverse().flatMap(({ level, divides }) => levelLines(level, divides, look)),
      ...levels.map((level) => selectionLine(level, look)),
      ...focusLines(look),
      ...workLayers(look),
      // Above every line, so that no border strikes a name through; below the grids in rank.
      ...(pictures.length ? [] : inOrder(city.bases).flatMap((base) => baseLabels(base.id, SOURCE, look))),
      ...[...levels].reverse().map((level) => levelLabels(level, look)),
      ...city.overlays.map((/** @type {any} */ overlay) => overlayLabels(overlay, look)),
      outsideLabels(look),
      ...incidentLayers(look),
    ].map((layer) => shown(layer, look)),
  };
}

/**
 * What lies under everything: land, water, houses and roads. The pictures of a basemap cover them and are
 * themselves covered by what is counted and by the hatching of areas that others govern.
 * @param {any} city @param {any[]} levels @param {Look} look
 */
function groundLayers(city, levels, look) {
  const pictures = pictureLayers(look);
  const bases = inOrder(city.bases).flatMap((base) => baseLayers(base.id, SOURCE, look));
  const [outside, ...outsideMarks] = outsideLayers(look);
  const [land, ...wash] = landLayers(levels, look);
  if (pictures.length) return [outside, land, ...bases, ...pictures, ...outsideMarks, ...wash, ...gridLayers(look)];
  return [outside, ...outsideMarks, land, ...wash, ...vectorLayers(look), ...gridLayers(look), ...bases];
}

/** What is drawn over tiles and sketch alike. @param {Look} look */
function ownSources(look) {
  return {
    ...topicSources(look, NOTHING),
    [WORK]: { type: "geojson", data: look.work ?? NOTHING },
    [FOCUS]: { type: "geojson", data: look.focus ?? NOTHING },
    [INCIDENTS]: incidentSource(look.incidents ?? NOTHING, look.times),
    [INCIDENT]: { type: "geojson", data: look.incident ?? NOTHING },
  };
}

/** A layer as it is to be seen: or not, and in the size of the screen. @param {any} layer @param {Look} look */
function shown(layer, look) {
  const key = layer.metadata?.toggle;
  const visibility = key && look.hidden.has(key) ? "none" : layer.layout?.visibility ?? "visible";
  return enlarged({ ...layer, layout: { ...layer.layout, visibility } }, look.times);
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

/** The layer of the tiles that has each stretch of border once (app/maps/tiles.py). */
const BORDER = "@border";
/** From this zoom of tiles on borders are wide enough for their corners to be seen. */
const ROUND_FROM = 15;

/**
 * Which borders a level draws: those of coarser levels, too, if they are switched off. Each is in the tiles
 * once, with the place of the coarsest level that it divides.
 * @param {any[]} levels coarse to fine @param {Set<string>} hidden
 * @returns {{level: any, divides: number[]}[]}
 */
export function bordersOf(levels, hidden) {
  /** @type {number[]} */
  let waiting = [];
  return levels.map((level, place) => {
    const divides = [...waiting, place];
    waiting = hidden.has(level.id) ? divides : [];
    return { level, divides };
  });
}

/** @param {any} level @param {number[]} divides places of levels @param {Look} look */
function levelLines(level, divides, look) {
  const { colours } = look;
  const width = level.widthPx;
  const lineWidth = (/** @type {number} */ more) => ["interpolate", ["linear"], ["zoom"], 8, width * 0.55 + more, 12, width + more, 16, width * 1.7 + more];
  const shared = {
    type: "line",
    source: SOURCE,
    "source-layer": BORDER,
    filter: ["in", ["get", "level"], ["literal", divides]],
    // Where it cannot be seen yet, nothing is made of it.
    minzoom: Math.max(0, level.lineFrom),
    metadata: { toggle: level.id },
    // Round corners and ends of hairlines cannot be told from others, and are a third of the work for them.
    layout: {
      "line-join": ["step", ["zoom"], "miter", ROUND_FROM, "round"],
      "line-cap": width > 1 ? "round" : ["step", ["zoom"], "butt", ROUND_FROM, "round"],
    },
  };
  // On ground of any colour a border is seen by its edge.
  const edge = {
    id: `${level.id}-edge`,
    ...shared,
    paint: { "line-color": colours.halo, "line-width": lineWidth(2.6 - 1.2 * level.position), "line-opacity": fade(level.lineFrom, level.lineFull, 0.8 - 0.25 * level.position) },
  };
  return [
    ...(isCovered(look) ? [edge] : []),
    {
      id: `${level.id}-line`,
      ...shared,
      paint: {
        "line-color": borderColour(level.position, look),
        "line-width": lineWidth(0),
        "line-opacity": fade(level.lineFrom, level.lineFull, 0.95),
      },
    },
  ];
}

/** @param {string} id @param {Look} look */
function overlayLayers(id, look) {
  const { colours, theme } = look;
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
    // Another pattern than that of areas that others govern: it leans the other way.
    {
      id: `${id}-hatch`,
      type: "fill",
      ...shared,
      minzoom: 12.5,
      paint: { "fill-pattern": `lean-${theme}`, "fill-opacity": fade(12.6, 14, 0.55) },
    },
    {
      id: `${id}-line`,
      type: "line",
      ...shared,
      paint: {
        "line-color": colours.overlay,
        "line-width": 1,
        "line-opacity": fade(11.8, 13.6, 0.9),
      },
    },
    overlayMark(id, look),
  ];
}
