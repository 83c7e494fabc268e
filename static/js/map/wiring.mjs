/** What clicks, keys and failures do on the map. */

import { byId } from "../dom.mjs";
import { noTilesNote } from "../panel/panes.mjs";
import { isOurs } from "./basemaps.mjs";
import { PlaceMenu } from "./menu.mjs";
import { sketchOf } from "./sketch.mjs";
import { NOTHING } from "./style.mjs";

/** @typedef {import("../app.mjs").App} App */
/** @typedef {import("./view.mjs").MapView} MapView */

/** @param {MapView} view @param {App} app */
export function wireMap(view, app) {
  const { map } = view;
  const menu = new PlaceMenu(app, view);
  map.on("click", async (/** @type {any} */ event) => {
    if (app.tool?.takes(event)) return;
    const found = view.incidentAt(event.point);
    if (found?.cluster !== undefined) menu.choose(event.point, await view.expand(found), found.count ?? 0);
    else if (found?.number) app.desk?.open(found.number);
    else app.locate({ lon: event.lngLat.lng, lat: event.lngLat.lat });
  });
  map.on("moveend", () => app.writeAddress());
  wireFailures(view, app);
  wireCrosshair(view, app);
  byId("zoom-in").addEventListener("click", () => map.zoomIn());
  byId("zoom-out").addEventListener("click", () => map.zoomOut());
  byId("whole-city").addEventListener("click", () => view.fit(app.city.bounds));
  byId("locate-centre").addEventListener("click", () => app.locate(view.visibleCentre()));
}

/** With the keyboard the middle of what is seen is asked about. @param {MapView} view @param {App} app */
function wireCrosshair(view, app) {
  const canvas = view.map.getCanvas();
  const crosshair = byId("crosshair");
  const place = () => {
    const { x, y } = view.visibleCentre();
    Object.assign(crosshair.style, { left: `${x}px`, top: `${y}px` });
    crosshair.hidden = !canvas.matches(":focus-visible");
  };
  for (const event of ["focus", "blur", "keyup"]) canvas.addEventListener(event, place);
  view.map.on("resize", place);
  canvas.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter") return;
    const { lon, lat, x, y } = view.visibleCentre();
    if (!app.tool?.takes({ lngLat: { lng: lon, lat }, point: { x, y }, originalEvent: event })) app.locate({ lon, lat });
  });
}

/** @param {MapView} view @param {App} app */
function wireFailures(view, app) {
  /** @type {Promise<boolean>|null} */
  let missing = null;
  view.onFailure(async (/** @type {any} */ event) => {
    if (isOurs(event)) return; // told by Basemaps
    console.warn("map:", event.error?.message ?? event);
    missing ??= tilesMissing(view.tilesUrl);
    if (await missing) await sketch(view, app);
    else app.shell.toast(app.words.t("map.tiles_failed"), { label: app.words.t("error.retry"), action: () => location.reload() });
  });
}

/** Whether the server says that there are no tiles; not whether it can be reached. @param {string} url */
async function tilesMissing(url) {
  const response = await fetch(url, { method: "HEAD" }).catch(() => null);
  return response?.status === 404;
}

/** Without tiles: outlines from the API, and what an operator has to do. @param {MapView} view @param {App} app */
async function sketch(view, app) {
  if (!byId("map-state").hidden) return;
  showNoTiles(app);
  const grids = await app.api.grids(app.city.levels[0].id, app.city.bounds).catch(() => null);
  view.setSketch(grids ? sketchOf(grids) : NOTHING);
  app.outline();
}

/** Say that there are no tiles; again after a change of language. @param {App} app */
export function showNoTiles({ words }) {
  const box = byId("map-state");
  box.dataset.kind = "tiles";
  box.replaceChildren(noTilesNote({ words, retry: () => location.reload() }));
  box.hidden = false;
}
