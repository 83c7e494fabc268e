/** Tiles of the first view, fetched while the map is still made: it has them the moment it asks. */

/** Zooms that the tiles have (app.maps.tiles). */
const [MIN_ZOOM, MAX_ZOOM] = [6, 15];
/** A view of more would not be the first one. */
const MOST = 24;

/**
 * The tiles that a view shows, as `z/x/y`.
 * @param {number[]} bounds west, south, east, north in degrees @param {number} zoom of the map
 * @returns {string[]}
 */
export function tilesIn([west, south, east, north], zoom) {
  const z = Math.min(Math.max(Math.floor(zoom), MIN_ZOOM), MAX_ZOOM);
  const side = 2 ** z;
  const [left, right] = [west, east].map((lon) => column(lon, side));
  const [top, bottom] = [north, south].map((lat) => row(lat, side));
  const found = [];
  for (let x = left; x <= right; x += 1) for (let y = top; y <= bottom; y += 1) found.push(`${z}/${x}/${y}`);
  return found.length > MOST ? [] : found;
}

/** @param {number} lon @param {number} side */
function column(lon, side) {
  return Math.min(Math.max(Math.floor(((lon + 180) / 360) * side), 0), side - 1);
}

/** @param {number} lat @param {number} side */
function row(lat, side) {
  const north = Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI;
  return Math.min(Math.max(Math.floor(((1 - north) / 2) * side), 0), side - 1);
}

/** @typedef {(params: {url: string, type?: string}, abort: AbortController) => Promise<any>} Ask */

export class Ahead {
  /** @param {Ask} ask what reads tiles */
  constructor(ask) {
    this.#ask = ask;
  }

  #ask;
  /** @type {Map<string, Promise<any>>} */
  #kept = new Map();

  /** Read what an archive says of itself, before there is a map. @param {string} url of the archive */
  async open(url) {
    await this.#ask({ url: `pmtiles://${url}`, type: "json" }, new AbortController());
  }

  /** Fetch tiles that will be asked for; resolved once they are there, or cannot be had. @param {string} url of the archive @param {string[]} tiles as `z/x/y` */
  async fetch(url, tiles) {
    const asked = tiles.map((tile) => {
      const one = `pmtiles://${url}/${tile}`;
      const found = this.#ask({ url: one, type: "arrayBuffer" }, new AbortController());
      this.#kept.set(one, found);
      return found;
    });
    await Promise.allSettled(asked);
  }

  /** What reads tiles: each that was fetched is given once, for it is handed over. @type {Ask} */
  ask = async (params, abort) => {
    const kept = this.#kept.get(params.url);
    this.#kept.delete(params.url);
    const found = await kept?.catch(() => null);
    abort.signal.throwIfAborted();
    return found ?? this.#ask(params, abort);
  };
}
