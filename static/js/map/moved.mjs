/** Tiles in which corrections moved a house: as the server has them by now, not as the archive has them. */

import { SOURCE } from "./source.mjs";

/** When to look whether a correction has moved a house, in ms after it holds. */
const LOOKS_MS = [1200, 3000, 6000, 12000];

/** @typedef {import("./ahead.mjs").Ask} Ask */
/** @typedef {{zoom: number, tiles: number[][], url: string}|null} Told what /api/city says is moved */

export class Moved {
  /** @param {string} tilesUrl absolute address of the archive @param {Told} told */
  constructor(tilesUrl, told) {
    this.tilesUrl = tilesUrl;
    /** Where tiles are to be had, by what the map asks for. @type {Map<string, string>} */
    this.urls = new Map();
    this.take(told);
  }

  /**
   * Take what the server says now.
   * @param {Told} told
   * @returns {{z: number, x: number, y: number}[]} tiles that are others than before
   */
  take(told) {
    const before = this.urls;
    this.urls = new Map((told?.tiles ?? []).map(([x, y]) => [
      `pmtiles://${this.tilesUrl}/${told?.zoom}/${x}/${y}`,
      String(told?.url).replace("{x}", String(x)).replace("{y}", String(y)),
    ]));
    const all = new Set([...before.keys(), ...this.urls.keys()]);
    return [...all].filter((one) => before.get(one) !== this.urls.get(one)).map((one) => {
      const [z, x, y] = one.split("/").slice(-3).map(Number);
      return { z, x, y };
    });
  }

  /**
   * What reads tiles, led to where moved ones are. A house at its old place is better than none.
   * @param {Ask} ask
   * @returns {Ask}
   */
  over(ask) {
    return async (params, abort) => {
      const url = this.urls.get(params.url);
      const response = url ? await fetch(new URL(url, this.tilesUrl), { signal: abort.signal }).catch(() => null) : null;
      abort.signal.throwIfAborted();
      return response?.ok ? { data: new Uint8Array(await response.arrayBuffer()) } : ask(params, abort);
    };
  }

  /**
   * A correction holds: have the houses that it moved drawn anew once the server has moved them.
   * @param {{map: any, hasTiles: boolean}} view @param {{city: () => Promise<any>}} api @param {number[]} [looksMs]
   */
  async follow(view, api, looksMs = LOOKS_MS) {
    for (const wait of looksMs) {
      await new Promise((done) => { setTimeout(done, wait); });
      const told = await api.city().catch(() => null);
      const others = told ? this.take(told.moved) : [];
      if (!others.length) continue;
      if (view.map && view.hasTiles) view.map.refreshTiles(SOURCE, others);
      return;
    }
  }
}
