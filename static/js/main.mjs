/** Start: words, colours and city; then the map; then everything is wired to the application. */

import { Corrections } from "./address/corrections.mjs";
import { Api } from "./api.mjs";
import { App } from "./app.mjs";
import { byId, el } from "./dom.mjs";
import { wireField } from "./field/mode.mjs";
import { makeSearch } from "./finding.mjs";
import { readHash, saysNothing } from "./hash.mjs";
import { Words } from "./i18n.mjs";
import { IncidentDesk } from "./incidents/desk.mjs";
import { Keys } from "./keys.mjs";
import { AbsentMap } from "./map/absent.mjs";
import { Basemaps, basemapsOf } from "./map/basemaps.mjs";
import { fetching, SCHEME } from "./map/fetching.mjs";
import { patient } from "./map/patience.mjs";
import { MapView } from "./map/view.mjs";
import { wireMap } from "./map/wiring.mjs";
import { failurePane } from "./panel/panes.mjs";
import { fillPopovers, wireRail } from "./rail.mjs";
import { attachReadout } from "./readout.mjs";
import { wireSeen } from "./seen.mjs";
import { Shell } from "./shell.mjs";
import { wireTopics } from "./topics/wiring.mjs";
import { wireWall } from "./wall.mjs";
import { wireWork } from "./work/card.mjs";

const NARROW = "(max-width: 760px)";
const root = document.documentElement;
const { api: cityPath, static: staticPath, version } = /** @type {Record<string, string>} */ (document.body.dataset);

const words = new Words(`${staticPath}i18n/`);
const api = new Api(cityPath, () => words.language);
const shell = new Shell();

start();

async function start() {
  try {
    // Named at run time, so that a checker of types does not walk into it.
    const drawing = import(new URL("../vendor/maplibre-gl-6.17.0/maplibre-gl.mjs", import.meta.url).href);
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
  app.search = makeSearch(app);
  app.desk = new IncidentDesk(app);
  app.corrections = new Corrections(app);
  const place = readHash(location.hash);
  for (const id of place.off) view.setShown(id, false);
  const basemaps = basemapsOf();
  if (view instanceof MapView && basemaps.length) {
    app.basemaps = new Basemaps(app, view, basemaps);
    app.basemaps.follow(place.basemap);
  }
  app.fillPopovers = () => fillPopovers(app, version);
  wireRail(app, palette);
  app.keys = new Keys(app);
  const { board } = wireTopics(app, palette, place.topic);
  const work = wireWork(app, board, place.shape);
  wireSeen(app);
  wireWall(app);
  wireField(app);
  app.fillPopovers();
  if (view instanceof MapView) wireMap(view, app);
  if (!app.followAddress(place) && !matchMedia(NARROW).matches) {
    app.shell.setPanel(false);
    app.togglePanel();
  }
  app.desk.start();
  addEventListener("hashchange", () => {
    const place = readHash(location.hash); // before moving writes it anew
    const { centre, zoom, off } = place;
    if (saysNothing(place)) return app.writeAddress(); // some other anchor
    view.setHidden(off);
    board.follow(place.topic);
    work.follow(place.shape);
    if (place.basemap !== null) app.basemaps?.choose(place.basemap, false);
    app.fillPopovers();
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
    maplibregl.addProtocol("pmtiles", patient(protocol));
    maplibregl.addProtocol(SCHEME, fetching(basemapsOf(), /** @type {any} */ (globalThis).pmtiles));
    const view = new MapView(maplibregl, {
      container: byId("map"),
      city,
      tilesUrl: new URL(city.tiles, location.href).href,
      palette,
      theme: root.dataset.theme ?? "light",
      camera: centre && zoom !== null ? { center: [centre.lon, centre.lat], zoom } : null,
      locale: { "Map.Title": words.t("map.label"), "Marker.Title": words.t("map.marker") },
      covered: (all) => shell.covered(all),
    });
    const readout = attachReadout(maplibregl, view, { scale: byId("scale"), readout: byId("readout"), words });
    return { view, readout };
  } catch (error) {
    console.warn("no map:", error);
    byId("map-state").replaceChildren(el("div", { class: "note", data: { tone: "warn" } },
      el("div", {}, el("strong", { text: words.t("map.none_title") }), el("p", { text: words.t("map.none_text") }))));
    byId("map-state").hidden = false;
    return { view: new AbsentMap(), readout: null };
  }
}
