/** Below an answer, once it is known: open incidents near by, and figures of the grid. */

import { el, link } from "../dom.mjs";
import { metres } from "../i18n.mjs";
import { signOf } from "../incidents/symbols.mjs";
import { ago } from "../incidents/times.mjs";
import { section } from "./parts.mjs";

const MOST = 5;
/** What is farther away is not near. */
const NEAR_M = 3000;

/** The place that is filled later. */
export function aroundSlot() {
  return el("div", { data: { slot: "around" } });
}

export class Around {
  /** @param {import("../app.mjs").App} app */
  constructor(app) {
    this.app = app;
    /** What was found for an answer. @type {WeakMap<object, any>} */
    this.known = new WeakMap();
  }

  /** Fill the place in the panel for the answer that is shown. @param {any} answer @param {boolean} [anew] */
  async fill(answer, anew = false) {
    if (!answer || !this.app.desk?.rules) return;
    if (anew || !this.known.has(answer)) this.known.set(answer, this.#ask(answer));
    const found = await this.known.get(answer);
    const slot = this.app.shell.panelBody.querySelector('[data-slot="around"]');
    if (slot && this.app.answer === answer) slot.replaceChildren(...this.#parts(answer, found));
  }

  /** @param {any} answer */
  async #ask(answer) {
    const { calls } = /** @type {import("../incidents/desk.mjs").IncidentDesk} */ (this.app.desk);
    const finest = answer.chain?.at(-1) ?? null;
    const query = finest && new URLSearchParams({ level: finest.level, area: finest.code, measure: "count" });
    const open = finest && new URLSearchParams({ status: "open", grid: finest.code, limit: "1" });
    const none = () => null;
    const isLevel = finest && this.app.city.levels.some((/** @type {any} */ one) => one.id === finest.level);
    const [near, year, now, grid] = await Promise.all([
      answer.lon === undefined ? null : calls.get(`/incidents/nearest?lon=${answer.lon}&lat=${answer.lat}&k=${MOST}`).catch(none),
      isLevel ? calls.get(`/stats?${query}`).catch(none) : null,
      finest ? calls.get(`/incidents?${open}`).catch(none) : null,
      finest && !answer.properties ? this.app.api.gridAside(finest.code, finest.level).catch(none) : answer,
    ]);
    return { near, year, now, grid };
  }

  /** @param {any} answer @param {any} found */
  #parts(answer, { near, year, now, grid }) {
    const { app } = this;
    const { words } = app;
    const rules = /** @type {import("../incidents/rules.mjs").Rules} */ (app.desk?.rules);
    const locale = words.language === "en" ? "en" : "zh-CN";
    const close = (near?.incidents ?? []).filter((/** @type {any} */ one) => one.distance_m <= NEAR_M);
    const finest = answer.chain?.at(-1);
    const told = [
      !answer.properties && typeof grid?.properties?.households === "number" ? ["property.households", grid.properties.households] : null,
      !answer.properties && typeof grid?.properties?.area_km2 === "number" ? ["property.area_km2", grid.properties.area_km2] : null,
      now ? ["around.open", now.total] : null,
      year ? ["around.year", year.grids.count[0] ?? 0] : null,
    ].filter((one) => one !== null);
    return [
      near ? section(words.t("around.near"), close.length
        ? el("ul", { class: "near" }, ...close.map((/** @type {any} */ one) => el("li", { class: "dup", data: { number: one.number } },
          signOf(rules.sign(one)),
          el("span", {}, link(one.title, () => app.desk?.open(one.number)),
            el("span", { class: "faint", text: [metres(one.distance_m), rules.statusName(one.status), ago(one.reported_at, words)].join(" · ") })))))
        : el("p", { class: "faint", text: words.t("around.none", { d: metres(NEAR_M) }) })) : null,
      told.length ? section(words.t("around.figures"),
        el("ul", { class: "tiles" }, ...told.map(([key, value]) => el("li", {},
          el("strong", { text: Number(value).toLocaleString(locale, { maximumFractionDigits: 2 }) }),
          el("span", { text: words.t(String(key)) })))),
        now?.total && finest ? link(words.t("around.list"), () => app.desk?.showGridsIncidents(finest)) : null) : null,
    ].filter((one) => one !== null);
  }
}
