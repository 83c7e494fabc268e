/** Scale, coordinates and the grid under the pointer, or what was asked last, below the map. */

import { el } from "./dom.mjs";
import { pointText, remember } from "./i18n.mjs";
import { DATUM_NAMES, DATUMS, fromWgs84 } from "./map/datum.mjs";

const KEY = "weige.datum";

/** @typedef {import("./map/datum.mjs").Datum} Datum */
/**
 * @typedef {{tell: (point: {lon: number, lat: number}|null, code: string) => void, datum: Datum}} Readout
 *   `datum` in which points are read out and copied
 */

/**
 * A point for somebody else: in a datum, which it says.
 * @param {{lon: number, lat: number}} point WGS-84 @param {Datum} [datum]
 */
export function spoken(point, datum = "wgs84") {
  const { lon, lat } = fromWgs84(point, datum);
  return `${pointText(lon, lat)} (${DATUM_NAMES[datum]})`;
}

/**
 * @param {any} maplibregl
 * @param {import("./map/view.mjs").MapView} view
 * @param {{scale: HTMLElement, readout: HTMLElement, words: import("./i18n.mjs").Words}} places
 * @returns {Readout}
 */
export function attachReadout(maplibregl, view, { scale, readout, words }) {
  const control = new maplibregl.ScaleControl({ maxWidth: 96, unit: "metric" });
  scale.replaceChildren(control.onAdd(view.map));
  const self = /** @type {Readout} */ ({ datum: remembered() });
  const button = el("button", { type: "button", id: "readout-datum", class: "datum", on: { click: () => {
    self.datum = DATUMS[(DATUMS.indexOf(self.datum) + 1) % DATUMS.length];
    remember(KEY, self.datum);
    write();
  } } });
  readout.before(button);
  let waiting = false;
  /** @type {any} */
  let at = null;
  /** What was answered last; told until the pointer or the user's own move says otherwise.
   * @type {{code: string}|null} */
  let told = null;
  const write = () => {
    waiting = false;
    const { lng, lat } = at ?? view.map.getCenter();
    const point = fromWgs84({ lon: lng, lat }, self.datum);
    button.textContent = DATUM_NAMES[self.datum];
    button.title = words.t(`search.datum_note.${self.datum}`);
    button.setAttribute("aria-label", words.t("readout.datum", { datum: DATUM_NAMES[self.datum] }));
    const zoom = view.map.getZoom().toFixed(1);
    const code = told ? told.code : view.hover.grid?.id;
    readout.textContent = [pointText(point.lon, point.lat, 5), `z${zoom}`, code].filter(Boolean).join(" · ");
  };
  const soon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(write);
  };
  const show = (/** @type {any} */ lngLat, /** @type {{code: string}|null} */ code) => {
    at = lngLat;
    told = code;
    soon();
  };
  view.map.on("mousemove", (/** @type {any} */ event) => show(event.lngLat, null));
  view.map.on("mouseout", () => {
    if (!told) show(null, null);
  });
  view.map.on("move", (/** @type {any} */ event) => {
    if (event.originalEvent) show(null, null);
    soon();
  });
  write();
  self.tell = (point, code) => show(point && { lng: point.lon, lat: point.lat }, { code });
  return self;
}

/** @returns {Datum} */
function remembered() {
  try {
    return DATUMS.find((one) => one === localStorage.getItem(KEY)) ?? "wgs84";
  } catch {
    return "wgs84";
  }
}
