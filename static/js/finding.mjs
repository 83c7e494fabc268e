/** The search box wired to what can be found: points, addresses, grids, incidents. */

import { SearchBox } from "./search.mjs";
import { suggestAll } from "./suggest.mjs";

/** @typedef {import("./app.mjs").App} App */

/** @param {App} app */
export function makeSearch(app) {
  return new SearchBox(app.words, {
    point: (lon, lat, datum) => app.ask({ kind: "point", lon, lat, datum, roughM: 0, by: "search" }),
    code: (code, level) => app.ask({ kind: "grid", code, level, by: "search" }),
    incident: (number) => app.desk?.open(number, { go: true }),
    address: (text) => app.ask({ kind: "address", text, by: "search" }),
    show: (place) => app.view.go(place, 14),
    hasAddresses: Boolean(app.city.gazetteer),
    suggest: (text, signal) => suggest(app, text, signal),
    example: () => example(app),
  });
}

/** What a text may become, the nearest to what is looked at first. @param {App} app @param {string} text @param {AbortSignal} signal */
function suggest(app, text, signal) {
  const calls = /** @type {import("./incidents/desk.mjs").IncidentDesk} */ (app.desk).calls;
  const centre = app.view.visibleCentre();
  /** @type {Record<string, string>} */
  const near = centre ? { lon: centre.lon.toFixed(4), lat: centre.lat.toFixed(4) } : {};
  return suggestAll(text, {
    addresses: app.city.gazetteer ? (q) => calls.suggest({ q, limit: 8, ...near }, signal) : null,
    grids: (q, limit) => calls.grids(q, limit, signal),
    incidents: (part, limit) => calls.list({ text: part, limit }, signal),
  });
}

/** What may be typed, from what is known. @param {App} app */
function example({ city, answer }) {
  const [west, south, east, north] = city.bounds;
  const point = answer?.lon !== undefined ? [answer.lon, answer.lat] : [(west + east) / 2, (south + north) / 2];
  return {
    point: point.map((/** @type {number} */ value) => value.toFixed(4)).join(", "),
    code: answer?.chain?.at(-1)?.code ?? "",
  };
}
