/** The open incidents in view, as signs on the map. */

import { isStale } from "../api.mjs";
import { encloses } from "../map/bounds.mjs";
import { NOTHING } from "../map/style.mjs";
import { featureOf } from "./layer.mjs";

/** When to look again if the server's index is behind what was told already. */
const BEHIND_MS = 250;
/** Another move may follow within. */
const MOVED_MS = 200;
/** No more are drawn at once. */
const MOST = 10000;

export class Pins {
  /** @param {import("./desk.mjs").IncidentDesk} desk */
  constructor(desk) {
    this.desk = desk;
    /** @type {AbortController|null} */
    this.asking = null;
    /** Where all that there is is drawn, by which filters. @type {{bounds: number[], filters: string}|null} */
    this.whole = null;
    this.waiting = 0;
  }

  /** After the map moved: ask soon, unless all that is in view is drawn already, as after moving in. */
  follow() {
    clearTimeout(this.waiting);
    this.waiting = window.setTimeout(() => this.#isDrawn() || this.look(), MOVED_MS);
  }

  #isDrawn() {
    const { list, view } = this.desk;
    return list && this.whole?.filters === filtersOf(list) && encloses(this.whole.bounds, view.viewBounds());
  }

  /** Ask what there is in view, by the filters of the list, and draw it. */
  async look() {
    const { rules, list, view, calls, feed } = this.desk;
    const bounds = view.viewBounds();
    if (!bounds || !rules || !list) return;
    this.asking?.abort();
    const own = new AbortController();
    this.asking = own;
    const { filters } = list;
    const asked = filtersOf(list);
    this.whole = null;
    try {
      const known = feed?.seq ?? 0;
      const { pins, total, drawn, seq } = filters.isLive
        ? await this.#live(bounds, own.signal)
        : await this.#listed(bounds, own.signal);
      await view.setIncidents({ ...NOTHING, features: pins.map((/** @type {any} */ one) => featureOf(one, rules)) });
      list.setDrawn(drawn, total);
      if (drawn === total) this.whole = { bounds, filters: asked };
      document.documentElement.dataset.pins = String(pins.length);
      // Another process of the server may be a moment behind what was told already.
      if (seq !== null && seq < known) setTimeout(() => this.look(), BEHIND_MS);
    } catch (error) {
      // The state of the feed says whether the server can be reached.
      if (!isStale(error)) console.info("incidents on the map:", error);
    }
  }

  /** What is open, from the live index. @param {number[]} bounds @param {AbortSignal} signal */
  async #live(bounds, signal) {
    const { calls, list } = this.desk;
    const { filters } = /** @type {import("./list.mjs").IncidentList} */ (list);
    const { status, hazard, severity, overdue } = filters.query(null);
    const { pins, total, seq } = await calls.live({ bbox: boxOf(bounds), limit: MOST, status, hazard, severity, overdue }, signal);
    return { pins, drawn: pins.length, total, seq };
  }

  /** What the list shows, from the archive. @param {number[]} bounds @param {AbortSignal} signal */
  async #listed(bounds, signal) {
    const { calls, list } = this.desk;
    const { filters } = /** @type {import("./list.mjs").IncidentList} */ (list);
    const answer = await calls.list({ ...filters.query(null), bbox: boxOf(bounds), order: "-severity", limit: MOST, format: "geojson" }, signal);
    const pins = answer.features.map((/** @type {any} */ one) => {
      const [lon, lat] = one.geometry.coordinates;
      return { ...one.properties, lon, lat };
    });
    return { pins, drawn: pins.length, total: answer.total, seq: null };
  }
}

/** What is asked for, wherever it is. @param {import("./list.mjs").IncidentList} list */
function filtersOf({ filters }) {
  return JSON.stringify(filters.query(null));
}

/** @param {number[]} bounds */
function boxOf(bounds) {
  return bounds.map((value) => value.toFixed(6)).join(",");
}
