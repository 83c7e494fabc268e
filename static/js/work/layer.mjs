/** What is drawn by hand, as layers of the map style. */

export const WORK = "work";

/** @param {import("../map/style.mjs").Look} look @returns {any[]} */
export function workLayers({ colours }) {
  const shared = { source: WORK };
  return [
    { id: "work-fill", type: "fill", ...shared, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colours.select, "fill-opacity": 0.14 } },
    { id: "work-case", type: "line", ...shared, filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": colours.halo, "line-width": 5 } },
    { id: "work-line", type: "line", ...shared, filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": colours.select, "line-width": 2.4, "line-dasharray": [3, 1.5] } },
    { id: "work-corner", type: "circle", ...shared, filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 4.5, "circle-color": colours.halo, "circle-stroke-color": colours.select, "circle-stroke-width": 2.2 } },
  ];
}
