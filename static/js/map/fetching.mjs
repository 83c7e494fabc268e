/** Tiles of basemaps: fetched from where the operator said, moved where their datum asks for it. */

import { shifted } from "./shift.mjs";

/** Scheme of the addresses that the style has for them. */
export const SCHEME = "basemap";
const PATIENCE_MS = 20_000;
/** Answers that say that there is no such tile; others say that something is wrong. */
const NONE = [204, 404, 410];
/** Tiles that are kept as they came: each is asked for by up to four of the moved ones. */
const KEPT = 48;

/** @typedef {import("./basemaps.mjs").Basemap} Basemap */

/** @param {Basemap} basemap @param {number} layer @returns {string} template of addresses for the style */
export function templateOf(basemap, layer) {
  return `${SCHEME}://${basemap.id}/${layer}/{z}/{x}/{y}`;
}

/**
 * The address of a tile.
 * @param {Basemap} basemap @param {number} layer @param {number} z @param {number} x @param {number} y
 */
export function urlOf({ urls, subdomains }, layer, z, x, y) {
  /** @type {Record<string, string|number>} */
  const values = { z, x, y, "-y": 2 ** z - 1 - y, s: subdomains[(x + y) % subdomains.length] ?? "" };
  return urls[layer].replace(/\{(z|x|y|-y|s)\}/g, (_, name) => String(values[name]));
}

/**
 * What MapLibre asks for such tiles.
 * @param {Basemap[]} basemaps @param {{PMTiles: new (url: string) => any}} pmtiles the library
 * @returns {(params: {url: string}, abort: AbortController) => Promise<{data: any}>}
 */
export function fetching(basemaps, pmtiles) {
  /** @type {Map<string, any>} */
  const archives = new Map();
  /** @type {Map<string, Promise<ImageBitmap|null>>} */
  const kept = new Map();

  /** @param {Basemap} basemap @param {number} layer @param {number} z @param {number} x @param {number} y @param {AbortSignal} signal @returns {Promise<ArrayBuffer|null>} */
  const bytes = async (basemap, layer, z, x, y, signal) => {
    if (!basemap.archive) return fetched(urlOf(basemap, layer, z, x, y), signal);
    const archive = archives.get(basemap.id) ?? new pmtiles.PMTiles(new URL(basemap.archive, location.href).href);
    archives.set(basemap.id, archive);
    try {
      return (await archive.getZxy(z, x, y, signal))?.data ?? null;
    } catch (error) {
      archives.delete(basemap.id); // it would hold on to a head that could not be read
      throw error;
    }
  };

  /** @param {Basemap} basemap @param {number} layer @param {number} z @param {number} x @param {number} y @returns {Promise<ImageBitmap|null>} */
  const picture = (basemap, layer, z, x, y) => {
    const key = `${basemap.id}/${layer}/${z}/${x}/${y}`;
    // Several wait for it: that one of them gives up is no reason to stop.
    const found = kept.get(key) ?? bytes(basemap, layer, z, x, y, AbortSignal.timeout(PATIENCE_MS))
      .then((data) => data && createImageBitmap(new Blob([data])));
    kept.delete(key);
    kept.set(key, found);
    found.catch(() => kept.delete(key));
    if (kept.size > KEPT) kept.delete(/** @type {string} */ (kept.keys().next().value));
    return found;
  };

  return async ({ url }, abort) => {
    const [id, ...numbers] = url.slice(`${SCHEME}://`.length).split("/");
    const basemap = basemaps.find((one) => one.id === id);
    if (!basemap) throw new Error(`no basemap ${id}`);
    const [layer, z, x, y] = numbers.map(Number);
    const data = basemap.datum === "gcj02"
      ? await shifted(z, x, y, basemap.tile_px, (...tile) => picture(basemap, layer, ...tile))
      : await bytes(basemap, layer, z, x, y, AbortSignal.any([abort.signal, AbortSignal.timeout(PATIENCE_MS)]));
    return { data: data ?? (await nothing()) };
  };
}

/** @param {string} url @param {AbortSignal} signal @returns {Promise<ArrayBuffer|null>} */
async function fetched(url, signal) {
  // Neither who is signed in nor what is looked at is told to the other host.
  const response = await fetch(url, { signal, credentials: "omit", referrerPolicy: "no-referrer" });
  if (NONE.includes(response.status)) return null;
  if (!response.ok) throw new Error(`${new URL(url).host}: ${response.status}`);
  return response.arrayBuffer();
}

/** A tile on which nothing is, so that the city's own map shows. */
function nothing() {
  return createImageBitmap(new ImageData(1, 1));
}
