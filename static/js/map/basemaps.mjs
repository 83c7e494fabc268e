/** Which map of others lies under the city's own: chosen, remembered, told whose it is, and told when it cannot be had. */

import { byId, el } from "../dom.mjs";
import { remember } from "../i18n.mjs";
import { BASEMAP } from "./beneath.mjs";
import { DATUM_NAMES } from "./datum.mjs";

const KEY = "weige.basemap";
/** How long a basemap may fail before it is told: one tile alone says nothing. */
const PATIENCE_MS = 2500;

/**
 * @typedef {object} Basemap as the server names it (app.maps.basemaps)
 * @property {string} id
 * @property {string} name
 * @property {string} name_en
 * @property {string} datum
 * @property {string} attribution
 * @property {boolean} imagery
 * @property {number} min_zoom
 * @property {number} max_zoom
 * @property {number} tile_px
 * @property {string[]} urls
 * @property {string[]} subdomains
 * @property {string|null} archive
 * @property {string[]} vector_layers
 */

/** Those that the page was told of. @returns {Basemap[]} */
export function basemapsOf() {
  return JSON.parse(document.body.dataset.basemaps || "[]");
}

export class Basemaps {
  /** @param {import("../app.mjs").App} app @param {import("./view.mjs").MapView} view @param {Basemap[]} all */
  constructor(app, view, all) {
    this.app = app;
    this.view = view;
    this.all = all;
    this.arrived = false;
    this.timer = 0;
    this.credit = el("span", { id: "basemap-credit", class: "basemap-credit", hidden: true });
    byId("readout").after(this.credit);
    view.map.on("error", (/** @type {any} */ event) => isOurs(event) && this.#failed());
    view.map.on("sourcedata", (/** @type {any} */ event) => isOurs(event) && event.tile && this.#came());
    app.translated.push(() => this.#tell());
  }

  /** @returns {Basemap|null} */
  get chosen() {
    return this.view.look.basemap;
  }

  /** Take what the address says; where it says nothing, what was chosen last. @param {string|null} id */
  follow(id) {
    this.choose(id ?? remembered(), false);
  }

  /** @param {string} id empty, or none that there is: the city's own map alone @param {boolean} [keep] remember it */
  choose(id, keep = true) {
    const found = this.all.find((one) => one.id === id) ?? null;
    if (keep) remember(KEY, found?.id ?? "");
    this.#stop();
    this.arrived = false;
    if (found === this.chosen) return;
    this.view.look.basemap = found;
    this.view.restyle();
    this.#tell();
  }

  #tell() {
    const one = this.chosen;
    const { words } = this.app;
    this.credit.hidden = !one;
    if (!one) return;
    const moved = one.datum === "gcj02" ? words.t("basemap.moved") : "";
    this.credit.textContent = [nameOf(one, words.language), one.attribution, DATUM_NAMES[one.datum] + moved].join(" · ");
  }

  #came() {
    this.arrived = true;
    this.#stop();
  }

  #failed() {
    if (this.timer || !this.chosen) return;
    this.timer = window.setTimeout(() => this.#giveUp(), PATIENCE_MS);
  }

  #stop() {
    clearTimeout(this.timer);
    this.timer = 0;
  }

  /** Nothing has come for a while: say so; if nothing ever came, go back to the city's own map. */
  #giveUp() {
    const one = this.chosen;
    this.#stop();
    if (!one) return;
    const { shell, words } = this.app;
    const retry = { label: words.t("error.retry"), action: () => {
      this.choose("", false);
      this.choose(one.id);
      this.app.fillPopovers();
      this.app.writeAddress();
    } };
    const text = words.t("basemap.failed", { name: nameOf(one, words.language) });
    if (!this.arrived) this.choose("", false);
    shell.toast(text, retry);
    this.app.fillPopovers();
    this.app.writeAddress();
  }
}

/** @param {Basemap} one @param {import("../i18n.mjs").Language} language */
export function nameOf(one, language) {
  return language === "en" ? one.name_en : one.name;
}

/** Whether an event of the map is about a basemap. @param {{sourceId?: string}} event */
export function isOurs(event) {
  return event.sourceId?.startsWith(`${BASEMAP}-`) ?? false;
}

function remembered() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}
