/** Scale, coordinates and the grid under the pointer, in the strip below the map. */

import { pointText } from "./i18n.mjs";

/**
 * @param {any} maplibregl
 * @param {import("./map/view.mjs").MapView} view
 * @param {{scale: HTMLElement, readout: HTMLElement}} places
 */
export function attachReadout(maplibregl, view, { scale, readout }) {
  const control = new maplibregl.ScaleControl({ maxWidth: 96, unit: "metric" });
  scale.replaceChildren(control.onAdd(view.map));
  let waiting = false;
  /** @type {any} */
  let at = null;
  const write = () => {
    waiting = false;
    const point = at ?? view.map.getCenter();
    const zoom = view.map.getZoom().toFixed(1);
    readout.textContent = [pointText(point.lng, point.lat, 5), `z${zoom}`, view.hovered?.id].filter(Boolean).join(" · ");
  };
  const soon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(write);
  };
  view.map.on("mousemove", (/** @type {any} */ event) => {
    at = event.lngLat;
    soon();
  });
  view.map.on("mouseout", () => {
    at = null;
    soon();
  });
  view.map.on("move", soon);
  write();
}
