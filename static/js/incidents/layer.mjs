/** Incidents as layers of the map style. */

import { discOf } from "./discs.mjs";
import { imageParts } from "./symbols.mjs";

/** @typedef {import("../map/style.mjs").Look} Look */

/** Sources: the open ones in view, and the one that is shown in the panel. */
export const INCIDENTS = "incidents";
export const INCIDENT = "incident";
/** Layers in which a click finds incidents, whatever lies on top first. */
export const HIT_LAYERS = ["incident-sign", "incidents-sign", "incidents-group"];
/** Signs that would lie on each other are one disc with their number, at every zoom: two at one door are never seen as one. */
const GROUP = { cluster: true, clusterRadius: 30, clusterMaxZoom: 19, maxzoom: 20 };
const IS_GROUP = ["has", "point_count"];

/** The source of the open incidents in view. @param {any} data GeoJSON @param {number} [times] as large as on a desk signs are */
export function incidentSource(data, times = 1) {
  return {
    type: "geojson",
    data,
    ...GROUP,
    clusterRadius: Math.round(GROUP.clusterRadius * times),
    clusterProperties: {
      worst: ["max", ["get", "severity"]],
      late: ["max", ["case", ["get", "overdue"], 1, 0]],
    },
  };
}

/** How far incidents step back where figures are drawn, whose colours they would cover. */
const BEHIND = 0.4;

/** On a wall they are what is looked at, from across the room. @param {Look} look */
export const opacityOf = ({ drawn, times = 1 }) => (drawn && drawn.form !== "none" && times === 1 ? BEHIND : 1);

/** @param {Look} look */
export function incidentLayers(look) {
  const opacity = opacityOf(look);
  return [
    groupDiscs(look, opacity),
    { id: "incidents-sign", type: "symbol", source: INCIDENTS, metadata: { toggle: "incidents" }, filter: ["!", IS_GROUP], layout: signLayout(look), paint: { "icon-opacity": opacity } },
    groupNumbers(look, opacity),
    ...openLayers(look),
  ];
}

/** The one that the panel shows. @param {Look} look */
function openLayers(look) {
  const { colours } = look;
  return [
    {
      id: "incident-ring",
      type: "circle",
      source: INCIDENT,
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, 15, 14, 21],
        "circle-color": colours.select,
        "circle-opacity": 0.18,
        "circle-stroke-color": colours.select,
        "circle-stroke-width": 2.5,
      },
    },
    { id: "incident-sign", type: "symbol", source: INCIDENT, layout: signLayout(look), paint: {} },
  ];
}

/** @param {Look} look */
function signLayout({ theme }) {
  const image = imageParts(theme, ["get", "domain"], ["get", "letter"], ["to-string", ["get", "severity"]], ["case", ["get", "overdue"], "1", "0"]);
  const joined = ["concat", ...image.flatMap((part, i) => (i ? ["|", part] : [part]))];
  return {
    "icon-image": joined,
    "icon-allow-overlap": true,
    // Names make way for signs: struck through they could not be read.
    "icon-padding": 0,
    "icon-size": ["interpolate", ["linear"], ["zoom"], 8, 0.6, 10, 0.72, 14, 1],
    // What is grave lies on top, and what is overdue above its like.
    "symbol-sort-key": ["+", ["get", "severity"], ["case", ["get", "overdue"], 0.5, 0]],
  };
}

/** Signs that are one disc, on the map until it is close enough. */
const GROUPS = { source: INCIDENTS, metadata: { toggle: "incidents" }, filter: IS_GROUP };

/** A disc with a number; a name that it would strike through makes way. @param {Look} look @param {number} opacity */
function groupDiscs({ theme }, opacity) {
  return {
    id: "incidents-group",
    type: "symbol",
    ...GROUPS,
    layout: { "icon-image": discOf(theme), "icon-allow-overlap": true, "icon-padding": 0, "symbol-sort-key": ["get", "point_count"] },
    paint: { "icon-opacity": opacity },
  };
}

/** @param {Look} look @param {number} opacity */
function groupNumbers({ colours, fonts }, opacity) {
  return {
    id: "incidents-number",
    type: "symbol",
    ...GROUPS,
    layout: { "text-field": ["to-string", ["get", "point_count"]], "text-font": fonts, "text-size": 12.5, "text-allow-overlap": true, "text-ignore-placement": true },
    // Where figures shine through the disc, its number wants an edge of its own.
    paint: opacity < 1 ? { "text-color": colours["label-coarse"], "text-halo-color": colours.halo, "text-halo-width": 1.5 } : { "text-color": colours["group-ink"] },
  };
}

/**
 * A point of the map for an incident.
 * @param {any} incident with number, lon, lat, hazard, severity, overdue
 * @param {import("./rules.mjs").Rules} rules
 */
export function featureOf(incident, rules) {
  const domain = rules.domain(incident.hazard);
  return {
    type: "Feature",
    properties: {
      number: incident.number,
      domain: domain.id,
      letter: domain.letter,
      severity: incident.severity,
      overdue: incident.overdue,
    },
    geometry: { type: "Point", coordinates: [incident.lon, incident.lat] },
  };
}
