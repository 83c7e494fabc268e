/** Start: words, colours and city; then the map; then everything is wired to the application. */

import { Corrections } from "./address/corrections.mjs";
import { aboutBody } from "./about.mjs";
import { Api } from "./api.mjs";
import { App } from "./app.mjs";
import { byId, el } from "./dom.mjs";
import { readHash } from "./hash.mjs";
import { inLanguage, remember, Words } from "./i18n.mjs";
import { IncidentDesk } from "./incidents/desk.mjs";
import { layersBody } from "./layers.mjs";
import { AbsentMap } from "./map/absent.mjs";
import { sketchOf } from "./map/sketch.mjs";
import { NOTHING } from "./map/style.mjs";
import { MapView } from "./map/view.mjs";
import { failurePane, noTilesNote } from "./panel/panes.mjs";
import { attachReadout } from "./readout.mjs";
import { SearchBox } from "./search.mjs";
import { Shell } from "./shell.mjs";

const NARROW = "(max-width: 760px)";
const root = document.documentElement;
const { api: cityPath, static: staticPath, version } = /** @type {Record<string, string>} */ (document.body.dataset);

const words = new Words(`${staticPath}i18n/`);
const api = new Api(cityPath, () => words.language);
const shell = new Shell();

start();

async function start() {
  try {
    const drawing = import("../vendor/maplibre-gl-6.17.0/maplibre-gl.mjs");
    drawing.catch(() => {}); // handled where it is awaited
    const reading = Promise.all([api.city(), readPalette()]);
    reading.catch(() => {});
    await words.use(words.language); // first, so that failures can be told
    const [city, palette] = await reading;
    await wire(city, palette, drawing);
  } catch (error) {
    const actions = /** @type {any} */ ({ retry: () => location.reload() });
    shell.showPane(failurePane(error, { words, actions, title: words.t("error.city_title") }));
  }
}

/**
 * @param {any} city @param {any} palette @param {Promise<any>} drawing
 */
async function wire(city, palette, drawing) {
  if (matchMedia(NARROW).matches) shell.setPanel(false);
  const { view, readout } = await makeView(city, palette, drawing);
  const app = new App({ api, words, city, shell, view, readout });
  app.search = new SearchBox(words, {
    point: (lon, lat, datum) => app.ask({ kind: "point", lon, lat, datum, roughM: 0, by: "search" }),
    code: (code) => app.ask({ kind: "grid", code, by: "search" }),
    address: (text) => app.ask({ kind: "address", text, by: "search" }),
    show: (place) => app.view.go(place, 14),
    suggest: city.gazetteer ? (text, signal) => suggest(app, text, signal) : null,
    example: () => example(city, app),
  });
  app.desk = new IncidentDesk(app);
  app.corrections = new Corrections(app);
  app.fillPopovers = () => fillPopovers(app);
  wireRail(app, palette);
  wireKeys(app);
  fillPopovers(app);
  if (view instanceof MapView) wireMap(view, app);
  if (!app.followAddress(readHash(location.hash)) && !matchMedia(NARROW).matches) {
    app.shell.setPanel(false);
    app.togglePanel();
  }
  app.desk.start();
  addEventListener("hashchange", () => {
    const place = readHash(location.hash); // before moving writes it anew
    const { centre, zoom, point, grid, incident } = place;
    if (!centre && !point && !grid && !incident) return app.writeAddress(); // some other anchor
    if (centre && zoom !== null) view.map?.jumpTo({ center: [centre.lon, centre.lat], zoom });
    if (!app.followAddress(place)) app.close();
    return undefined;
  });
  root.dataset.ready = "";
}

async function readPalette() {
  const response = await fetch(`${staticPath}palette.json`);
  if (!response.ok) throw new Error(`palette.json: ${response.status}`);
  return response.json();
}

/**
 * The map, or its stand-in where the browser cannot draw one.
 * @param {any} city @param {any} palette @param {Promise<any>} drawing
 */
async function makeView(city, palette, drawing) {
  const { centre, zoom } = readHash(location.hash);
  try {
    const maplibregl = await drawing;
    const protocol = new /** @type {any} */ (globalThis).pmtiles.Protocol();
    maplibregl.addProtocol("pmtiles", protocol.tile);
    const view = new MapView(maplibregl, {
      container: byId("map"),
      city,
      tilesUrl: new URL(city.tiles, location.href).href,
      palette,
      theme: root.dataset.theme ?? "light",
      camera: centre && zoom !== null ? { center: [centre.lon, centre.lat], zoom } : null,
      locale: { "Map.Title": words.t("map.label"), "Marker.Title": words.t("map.marker") },
      covered: () => shell.covered(),
    });
    const readout = attachReadout(maplibregl, view, { scale: byId("scale"), readout: byId("readout") });
    return { view, readout };
  } catch (error) {
    console.warn("no map:", error);
    byId("map-state").replaceChildren(el("div", { class: "note", data: { tone: "warn" } },
      el("div", {}, el("strong", { text: words.t("map.none_title") }), el("p", { text: words.t("map.none_text") }))));
    byId("map-state").hidden = false;
    return { view: new AbsentMap(), readout: null };
  }
}

/** @param {MapView} view @param {App} app */
function wireMap(view, app) {
  const { map } = view;
  const canvas = map.getCanvas();
  const crosshair = byId("crosshair");
  map.on("click", (/** @type {any} */ event) => {
    const number = view.incidentAt(event.point);
    if (number) app.desk?.open(number);
    else app.locate({ lon: event.lngLat.lng, lat: event.lngLat.lat });
  });
  map.on("moveend", () => app.writeAddress());
  /** @type {Promise<boolean>|null} */
  let missing = null;
  map.on("error", async (/** @type {any} */ event) => {
    console.warn("map:", event.error?.message ?? event);
    missing ??= tilesMissing(view.tilesUrl);
    if (await missing) await sketch(view, app);
    else shell.toast(words.t("map.tiles_failed"), { label: words.t("error.retry"), action: () => location.reload() });
  });
  const place = () => {
    const { x, y } = view.visibleCentre();
    Object.assign(crosshair.style, { left: `${x}px`, top: `${y}px` });
    crosshair.hidden = !canvas.matches(":focus-visible");
  };
  for (const event of ["focus", "blur", "keyup"]) canvas.addEventListener(event, place);
  map.on("resize", place);
  canvas.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter") app.locate(view.visibleCentre());
  });
  byId("zoom-in").addEventListener("click", () => map.zoomIn());
  byId("zoom-out").addEventListener("click", () => map.zoomOut());
  byId("whole-city").addEventListener("click", () => view.fit(app.city.bounds));
  byId("locate-centre").addEventListener("click", () => app.locate(view.visibleCentre()));
}

/** Whether the server says that there are no tiles; not whether it can be reached. @param {string} url */
async function tilesMissing(url) {
  const response = await fetch(url, { method: "HEAD" }).catch(() => null);
  return response?.status === 404;
}

/** Without tiles: outlines from the API, and what an operator has to do. @param {MapView} view @param {App} app */
async function sketch(view, app) {
  if (!byId("map-state").hidden) return;
  showNoTiles();
  const grids = await api.grids(app.city.levels[0].id, app.city.bounds).catch(() => null);
  view.setSketch(grids ? sketchOf(grids) : NOTHING);
  app.outline();
}

/** Say that there are no tiles; again after a change of language. */
function showNoTiles() {
  const box = byId("map-state");
  box.dataset.kind = "tiles";
  box.replaceChildren(noTilesNote({ words, retry: () => location.reload() }));
  box.hidden = false;
}

/** @param {App} app @param {any} palette */
function wireRail(app, palette) {
  const theme = byId("switch-theme");
  const language = byId("switch-language");
  const show = () => {
    theme.setAttribute("aria-pressed", String(root.dataset.theme === "dark"));
    language.textContent = words.language === "en" ? "中" : "EN";
    language.lang = words.language === "en" ? "zh-CN" : "en";
    language.setAttribute("aria-label", words.t("rail.other_language"));
    document.title = words.language === "en" ? `${app.city.name} · Weige` : `${app.city.name} · 微格`;
  };
  const useTheme = (/** @type {string} */ name) => {
    root.dataset.theme = name in palette.themes ? name : "light";
    app.view.setTheme(root.dataset.theme);
    show();
  };
  theme.addEventListener("click", () => {
    useTheme(root.dataset.theme === "dark" ? "light" : "dark");
    remember("weige.theme", root.dataset.theme ?? "light");
  });
  language.addEventListener("click", async () => {
    await words.use(words.language === "en" ? "zh" : "en", true);
    show();
    fillPopovers(app);
    app.search?.translate();
    if (!app.view.hasTiles) showNoTiles();
    app.view.map?.getCanvas().setAttribute("aria-label", words.t("map.label"));
    app.desk?.translate();
    if (app.corrections?.isOpen) app.corrections.translate();
    else await app.translate();
  });
  document.querySelector(".skip")?.addEventListener("click", (event) => {
    event.preventDefault(); // the address holds the view
    byId("search-text").focus();
  });
  document.getElementById("open-synthetic")?.addEventListener("click", () => shell.togglePopover("about"));
  byId("open-panel").addEventListener("click", () => app.togglePanel());
  byId("close-panel").addEventListener("click", () => closePanel(app));
  show();
}

/** @param {App} app */
function wireKeys(app) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (shell.closePopovers() || app.desk?.stepBack()) return;
    if (shell.panelOpen) closePanel(app);
  });
}

/** @param {App} app */
function closePanel(app) {
  const inside = shell.panel.contains(document.activeElement);
  app.close();
  if (inside) (app.view.map?.getCanvas() ?? byId("search-text")).focus({ preventScroll: true });
}

/** @param {App} app */
function fillPopovers(app) {
  byId("layers-body").replaceChildren(...layersBody(app.city, {
    words,
    hidden: app.view.look?.hidden ?? new Set(),
    change: (id, shown) => app.view.setShown(id, shown),
    domains: app.desk?.domains() ?? [],
  }));
  byId("about-body").replaceChildren(...aboutBody(app.city, { words, version }));
  const statement = document.getElementById("synthetic-text");
  if (statement) statement.textContent = inLanguage(app.city.synthetic, words.language);
}

/** What a text may become, the nearest to what is looked at first. @param {App} app @param {string} text @param {AbortSignal} signal */
function suggest(app, text, signal) {
  const centre = app.view.visibleCentre();
  const near = centre ? { lon: centre.lon.toFixed(4), lat: centre.lat.toFixed(4) } : {};
  return /** @type {IncidentDesk} */ (app.desk).calls.suggest({ q: text, limit: 8, ...near }, signal);
}

/** What may be typed, from what is known. @param {any} city @param {App} app */
function example(city, app) {
  const [west, south, east, north] = city.bounds;
  const point = app.answer?.lon !== undefined
    ? [app.answer.lon, app.answer.lat]
    : [(west + east) / 2, (south + north) / 2];
  return {
    point: point.map((/** @type {number} */ value) => value.toFixed(4)).join(", "),
    code: app.answer?.chain?.at(-1)?.code ?? "",
  };
}
