/** Incidents as layers of the map style. */

import { imageParts } from "./symbols.mjs";

/** @typedef {import("../map/style.mjs").Look} Look */

/** Sources: the open ones in view, and the one that is shown in the panel. */
export const INCIDENTS = "incidents";
export const INCIDENT = "incident";
/** Layers in which a click finds incidents, whatever lies on top first. */
export const HIT_LAYERS = ["incident-sign", "incidents-sign"];

/** @param {Look} look */
export function incidentLayers({ colours, theme }) {
  const image = imageParts(theme, ["get", "domain"], ["get", "letter"], ["to-string", ["get", "severity"]], ["case", ["get", "overdue"], "1", "0"]);
  const joined = ["concat", ...image.flatMap((part, i) => (i ? ["|", part] : [part]))];
  const layout = {
    "icon-image": joined,
    "icon-allow-overlap": true,
    "icon-padding": 0,
    "icon-size": ["interpolate", ["linear"], ["zoom"], 8, 0.6, 10, 0.72, 14, 1],
    // What is grave lies on top, and what is overdue above its like.
    "symbol-sort-key": ["+", ["get", "severity"], ["case", ["get", "overdue"], 0.5, 0]],
  };
  return [
    { id: "incidents-sign", type: "symbol", source: INCIDENTS, metadata: { toggle: "incidents" }, layout, paint: {} },
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
    { id: "incident-sign", type: "symbol", source: INCIDENT, layout, paint: {} },
  ];
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
