/** Scale, coordinates and the grid under the pointer, or what was asked last, below the map. */

import { pointText } from "./i18n.mjs";

/** @typedef {{tell: (point: {lon: number, lat: number}|null, code: string) => void}} Readout */

/**
 * @param {any} maplibregl
 * @param {import("./map/view.mjs").MapView} view
 * @param {{scale: HTMLElement, readout: HTMLElement}} places
 * @returns {Readout}
 */
export function attachReadout(maplibregl, view, { scale, readout }) {
  const control = new maplibregl.ScaleControl({ maxWidth: 96, unit: "metric" });
  scale.replaceChildren(control.onAdd(view.map));
  let waiting = false;
  /** @type {any} */
  let at = null;
  /** What was answered last; told until the pointer or the user's own move says otherwise.
   * @type {{code: string}|null} */
  let told = null;
  const write = () => {
    waiting = false;
    const point = at ?? view.map.getCenter();
    const zoom = view.map.getZoom().toFixed(1);
    const code = told ? told.code : view.hovered?.id;
    readout.textContent = [pointText(point.lng, point.lat, 5), `z${zoom}`, code].filter(Boolean).join(" · ");
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
  return { tell: (point, code) => show(point && { lng: point.lon, lat: point.lat }, { code }) };
}
