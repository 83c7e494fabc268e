/** What is seen, as the address keeps it. */

/** @param {import("./app.mjs").App} app @returns {import("./hash.mjs").Place} */
export function placeOf(app) {
  const { question, answer, desk, view, basemaps } = app;
  const incident = desk?.shown ?? null;
  const centre = view.map?.getCenter();
  const grid = question?.kind === "grid" ? question.code : answer?.grid?.code ?? null;
  const { list, filters } = desk?.listed ?? { list: false, filters: "" };
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
    filters,
    list,
  };
}
