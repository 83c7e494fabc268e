/** What is seen, as the address keeps it, and what is asked again where somebody opens that. */

import { isSettled } from "./address/question.mjs";

/** @param {import("./app.mjs").App} app @returns {import("./hash.mjs").Place} */
export function placeOf(app) {
  const { question, answer, desk, view, basemaps } = app;
  const incident = desk?.shown ?? null;
  const centre = view.map?.getCenter();
  const grid = question?.kind === "grid" ? question.code : answer?.grid?.code ?? null;
  const { list, report, filters } = desk?.listed ?? { list: false, report: false, filters: "" };
  const isOpen = question?.kind === "address" && answer?.address && !isSettled(answer) && !incident && !list;
  const isPoint = !incident && !list && !grid && answer?.lon !== undefined;
  return {
    zoom: view.map?.getZoom() ?? null,
    centre: centre ? { lon: centre.lng, lat: centre.lat } : null,
    point: isPoint ? { lon: answer.lon, lat: answer.lat } : null,
    grid: incident || list ? null : grid,
    incident,
    off: [...(view.look?.hidden ?? [])],
    topic: app.topicText(),
    basemap: basemaps ? basemaps.chosen?.id ?? "" : null,
    address: isOpen ? question.text : null,
    shape: app.shapeText(),
    filters,
    list,
    report,
  };
}

/**
 * The question of an address.
 * @param {import("./hash.mjs").Place} place @param {any} city
 * @returns {import("./questions.mjs").Question|null}
 */
export function askedBy({ point, grid, address }, { gazetteer }) {
  if (address && gazetteer) return { kind: "address", text: address, by: "address" };
  if (point) return { kind: "point", ...point, datum: "wgs84", roughM: 0, by: "address" };
  return grid ? { kind: "grid", code: grid, by: "address" } : null;
}
