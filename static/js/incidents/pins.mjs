/** The open incidents in view, as signs on the map. */

import { isStale } from "../api.mjs";
import { NOTHING } from "../map/style.mjs";
import { featureOf } from "./layer.mjs";

/** When to look again if the server's index is behind what was told already. */
const BEHIND_MS = 250;

export class Pins {
  /** @param {import("./desk.mjs").IncidentDesk} desk */
  constructor(desk) {
    this.desk = desk;
    /** @type {AbortController|null} */
    this.asking = null;
  }

  /** Ask what there is in view, by the filters of the list, and draw it. */
  async look() {
    const { rules, list, view, calls, feed } = this.desk;
    const bounds = view.viewBounds();
    if (!bounds || !rules || !list) return;
    this.asking?.abort();
    const own = new AbortController();
    this.asking = own;
    try {
      const known = feed?.seq ?? 0;
      const answer = await calls.live(bounds, list.filters.values.hazard, own.signal);
      const pins = answer.pins.filter((/** @type {any} */ one) => list.filters.draws(one));
      view.setIncidents({ ...NOTHING, features: pins.map((/** @type {any} */ one) => featureOf(one, rules)) });
      list.setDrawn(answer.pins.length, answer.total);
      document.documentElement.dataset.pins = String(pins.length);
      // Another process of the server may be a moment behind what was told already.
      if (answer.seq < known) setTimeout(() => this.look(), BEHIND_MS);
    } catch (error) {
      // The state of the feed says whether the server can be reached.
      if (!isStale(error)) console.info("incidents on the map:", error);
    }
  }
}
