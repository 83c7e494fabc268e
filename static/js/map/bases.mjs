/** Water and roads: quiet, so that grids speak. */

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
  return [
    {
      id: `${id}-line`,
      type: "line",
      ...shared,
      paint: { "line-color": look.colours["outside-line"], "line-width": 0.8 },
    },
  ];
}

/** @param {string} id @param {any} shared @param {import("./style.mjs").Look} look */
function water(id, shared, { colours, fonts }) {
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
    {
      id: `${id}-label`,
      type: "symbol",
      ...shared,
      filter: ["!=", ["coalesce", ["get", "name"], ""], ""],
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
        // Ponds are named once they are large enough to be seen.
        "text-opacity": ["step", ["zoom"], ["case", ["==", ["get", "kind"], "river"], 1, 0], 12.5, 1],
      },
    },
  ];
}

/**
 * Widths in pixels at zoom 9, 13 and 17; `from` is where a kind fades in.
 * @type {Record<string, {px: number[], from: number, cased: boolean}>}
 */
const ROADS = {
  street: { px: [0, 0.7, 5], from: 12.4, cased: false },
  local: { px: [0.3, 1.2, 8], from: 10.4, cased: false },
  main: { px: [0.7, 2.2, 12], from: 8, cased: true },
  motorway: { px: [1, 3, 15], from: 6.5, cased: true },
};

/** @param {string} id @param {any} shared @param {import("./style.mjs").Look} look */
function roads(id, shared, { colours, fonts }) {
  const kinds = Object.entries(ROADS);
  /** @param {number[]} px @param {number} more */
  const width = (px, more) => ["interpolate", ["exponential", 1.4], ["zoom"], 9, px[0] + more * 0.4, 13, px[1] + more, 17, px[2] + more * 1.5];
  /** @param {string} name @param {string} kind @param {any} paint */
  const line = (name, kind, paint) => ({
    id: `${id}-${kind}${name}`,
    type: "line",
    ...shared,
    filter: ["==", ["get", "kind"], kind],
    layout: { "line-join": "round", "line-cap": "round" },
    paint: { "line-opacity": ["interpolate", ["linear"], ["zoom"], ROADS[kind].from, 0, ROADS[kind].from + 0.8, 1], ...paint },
  });
  const cases = kinds
    .filter(([, road]) => road.cased)
    .map(([kind, road]) => line("-case", kind, { "line-color": colours[`${kind}-case`], "line-width": width(road.px, 1.2) }));
  const fills = kinds.map(([kind, road]) => line("", kind, { "line-color": colours[kind], "line-width": width(road.px, 0) }));
  const label = {
    id: `${id}-label`,
    type: "symbol",
    ...shared,
    minzoom: 12.5,
    filter: ["all",
      ["!=", ["coalesce", ["get", "name"], ""], ""],
      ["step", ["zoom"], ["in", ["get", "kind"], ["literal", ["main", "motorway"]]], 15.5, true]],
    layout: {
      "symbol-placement": "line",
      "symbol-spacing": 480,
      "text-field": ["get", "name"],
      "text-font": fonts,
      "text-size": 11,
      "text-letter-spacing": 0.1,
      "text-padding": 12,
    },
    paint: { "text-color": colours["road-label"], "text-halo-color": colours.halo, "text-halo-width": 1.4 },
  };
  return [...cases, ...fills, label];
}

function polygons() {
  return ["==", ["geometry-type"], "Polygon"];
}
