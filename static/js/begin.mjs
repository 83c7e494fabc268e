/**
 * What the map waits for, begun while the modules of everything else are still on their way: words,
 * city and colours are asked for, and the map is drawn as soon as they are there.
 */

import { Api } from "./api.mjs";
import { byId, el } from "./dom.mjs";
import { readHash } from "./hash.mjs";
import { Words } from "./i18n.mjs";
import { AbsentMap } from "./map/absent.mjs";
import { Ahead, tilesIn } from "./map/ahead.mjs";
import { basemapsOf } from "./map/basemaps.mjs";
import { fetching, SCHEME } from "./map/fetching.mjs";
import { Moved } from "./map/moved.mjs";
import { patient } from "./map/patience.mjs";
import { MapView } from "./map/view.mjs";
import { attachReadout } from "./readout.mjs";
import { Shell } from "./shell.mjs";
import { isWall, wallTimes } from "./wall.mjs";

/** So long the map waits for its first tiles; then it is drawn and they come as they come. */
const AHEAD_MS = 400;
const NARROW = "(max-width: 760px)";
const root = document.documentElement;
const wall = isWall(location.search);
if (wall) root.dataset.wall = ""; // before the city is framed beside what stands over the map
const { api: cityPath, static: staticPath } = /** @type {Record<string, string>} */ (document.body.dataset);

export const words = new Words(`${staticPath}i18n/`);
export const api = new Api(cityPath, () => words.language);
export const shell = new Shell();

/** Whether the page is as narrow as a phone. */
export const isNarrow = () => matchMedia(NARROW).matches;

/** Whatever keeps it from being drawn is told by who awaits it. */
export const begun = begin();
begun.catch(() => {});

/** @returns {Promise<{city: any, palette: any, view: MapView|AbsentMap, readout: import("./readout.mjs").Readout|null}>} */
async function begin() {
  // Named at run time, so that a checker of types does not walk into it.
  const drawing = import(new URL("../vendor/maplibre-gl-6.17.0/maplibre-gl.mjs", import.meta.url).href);
  drawing.then((maplibregl) => maplibregl.prewarm(), () => {}); // its failure is handled where it is awaited
  const reading = Promise.all([api.city(), readPalette()]);
  reading.catch(() => {});
  await words.use(words.language); // first, so that failures can be told
  const [city, palette] = await reading;
  if (isNarrow()) shell.setPanel(false);
  return { city, palette, ...(await makeView(city, palette, drawing)) };
}

async function readPalette() {
  const response = await fetch(`${staticPath}palette.json`);
  if (!response.ok) throw new Error(`palette.json: ${response.status}`);
  return response.json();
}

/** @param {number} wait ms */
function after(wait) {
  return new Promise((done) => { setTimeout(done, wait); });
}

/**
 * The map, or its stand-in where the browser cannot draw one.
 * @param {any} city @param {any} palette @param {Promise<any>} drawing
 */
async function makeView(city, palette, drawing) {
  const { centre, zoom, off } = readHash(location.hash);
  try {
    const { pmtiles } = /** @type {any} */ (globalThis);
    const tilesUrl = new URL(city.tiles, location.href).href;
    const moved = new Moved(tilesUrl, city.moved);
    const ahead = new Ahead(moved.over(patient(new pmtiles.Protocol())));
    const opening = ahead.open(tilesUrl).catch(() => {}); // told when the map asks
    const maplibregl = await drawing;
    maplibregl.addProtocol("pmtiles", ahead.ask);
    maplibregl.addProtocol(SCHEME, fetching(basemapsOf(), pmtiles));
    const view = new MapView(maplibregl, {
      container: byId("map"),
      city,
      tilesUrl,
      moved,
      palette,
      theme: root.dataset.theme ?? "light",
      camera: centre && zoom !== null ? { center: [centre.lon, centre.lat], zoom } : null,
      off,
      times: wall ? wallTimes(innerWidth) : 1,
      locale: { "Map.Title": words.t("map.label"), "Marker.Title": words.t("map.marker") },
      covered: (all) => shell.covered(all),
    });
    const readout = attachReadout(maplibregl, view, { scale: byId("scale"), readout: byId("readout"), words });
    await opening;
    await Promise.race([ahead.fetch(tilesUrl, tilesIn(view.viewBounds(), view.map.getZoom())), after(AHEAD_MS)]);
    view.restyle(); // from now on it is drawn: an empty map would only hold up what comes next
    return { view, readout };
  } catch (error) {
    console.warn("no map:", error);
    root.dataset.noMap = ""; // nothing is offered that would move one
    byId("map-state").replaceChildren(el("div", { class: "note", data: { tone: "warn" } },
      el("div", {}, el("strong", { text: words.t("map.none_title") }), el("p", { text: words.t("map.none_text") }))));
    byId("map-state").hidden = false;
    return { view: new AbsentMap(), readout: null };
  }
}
