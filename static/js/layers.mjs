/** Layers and legend in one list: what a line means is beside its switch. */

import { el } from "./dom.mjs";
import { SEVERITY } from "./incidents/rules.mjs";
import { nameOf } from "./map/basemaps.mjs";
import { DATUM_NAMES } from "./map/datum.mjs";
import { lineWidth } from "./map/scale.mjs";
import { legendSymbol } from "./incidents/symbols.mjs";
import { levelName } from "./panel/parts.mjs";

/** @typedef {import("./i18n.mjs").Words} Words */

/**
 * @param {any} city
 * @param {{words: Words, hidden: Set<string>, change: (id: string, shown: boolean) => void,
 *   domains: import("./incidents/rules.mjs").Hazard[],
 *   basemaps: import("./map/basemaps.mjs").Basemaps|null}} context `domains` of incidents, once they are known
 * @returns {Node[]}
 */
export function layersBody(city, { words, hidden, change, domains, basemaps }) {
  /** @param {string} id @param {string} name @param {HTMLElement} mark @param {number|null} [count] */
  const row = (id, name, mark, count = null) => el("label", { class: "legend-row" },
    el("input", { type: "checkbox", name: `layer-${id}`, checked: !hidden.has(id), on: {
      change: (/** @type {any} */ event) => change(id, event.target.checked),
    } }),
    mark,
    el("span", { text: name }),
    count === null ? null : el("span", { class: "faint", text: count.toLocaleString(words.language === "en" ? "en" : "zh-CN") }));
  /** @param {string} name @param {string} kind */
  const key = (name, kind) => el("div", { class: "legend-row legend-key" }, swatch(kind), el("span", { text: name }));
  /** @param {string} title @param {...Node} rows */
  const group = (title, ...rows) => (rows.length ? [el("h3", { text: words.t(title) }), el("div", { class: "legend" }, ...rows)] : []);
  const last = Math.max(city.levels.length - 1, 1);
  /** @param {HTMLElement} mark @param {string} name */
  const symbolKey = (mark, name) => el("div", { class: "legend-row legend-key" }, mark, el("span", { text: name }));
  return [
    ...group("layers.incidents",
      row("incidents", words.t("layers.incidents_open"), legendSymbol({ domain: "other", severity: 2 })),
      ...(domains.length ? [
        el("div", { class: "legend-pairs" }, ...domains.map((one) =>
          symbolKey(legendSymbol({ domain: one.id, letter: one.letter, severity: 2 }), one.label))),
        el("div", { class: "legend-pairs" },
          ...[1, 2, 3, 4].map((severity) => symbolKey(legendSymbol({ domain: "other", severity, blank: true }), words.t(SEVERITY[severity]))),
          symbolKey(legendSymbol({ domain: "other", severity: 2, blank: true, overdue: true }), words.t("incident.overdue"))),
        el("div", { class: "legend-pairs" },
          ...["group", "group-worst", "group-late"].map((kind) => symbolKey(el("span", { class: "swatch-sign", "aria-hidden": "true" }, el("i", { class: `disc disc-${kind}`, text: "3" })), words.t(`layers.${kind}`)))),
      ] : [])),
    ...group("layers.levels", ...city.levels.map((/** @type {any} */ level, /** @type {number} */ i) =>
      row(level.id, levelName(level.id, level.name, words), lineSwatch(i / last), level.count))),
    ...group("layers.overlays", ...city.overlays.map((/** @type {any} */ one) =>
      row(one.id, levelName(one.id, one.name, words), swatch("overlay"), one.count))),
    ...group("layers.bases", ...city.bases.map((/** @type {any} */ base) =>
      row(base.id, levelName(base.id, base.name, words), swatch(base.id === "roads" ? "road" : base.id)))),
    ...(basemaps ? group("basemap.title", ...basemapRows(basemaps, words)) : []),
    ...group("layers.marks",
      row("outside", words.t("layers.outside"), swatch("outside")),
      key(words.t("layers.select"), "select"),
      key(words.t("layers.near"), "near")),
  ];
}

/** @param {import("./map/basemaps.mjs").Basemaps} basemaps @param {Words} words */
function basemapRows(basemaps, words) {
  /** @param {string} id @param {string} name @param {string} datum */
  const row = (id, name, datum) => el("label", { class: "legend-row basemap-row" },
    el("input", { type: "radio", name: "basemap", value: id, checked: (basemaps.chosen?.id ?? "") === id, on: { change: () => {
      basemaps.choose(id);
      basemaps.app.writeAddress();
    } } }),
    el("span", { text: name }),
    el("span", { class: "faint", text: datum }));
  return [
    row("", words.t("basemap.none"), ""),
    ...basemaps.all.map((one) => row(one.id, nameOf(one, words.language), DATUM_NAMES[one.datum])),
  ];
}

/** @param {string} kind */
function swatch(kind) {
  return el("span", { class: `swatch swatch-${kind}`, "aria-hidden": "true" });
}

/** @param {number} position 0 coarsest … 1 finest */
function lineSwatch(position) {
  const mark = el("span", { class: "swatch swatch-line", "aria-hidden": "true" });
  mark.style.borderTopWidth = `${Math.max(1, lineWidth(position) * 1.5)}px`;
  mark.style.borderTopColor = `color-mix(in srgb, var(--map-level-fine) ${Math.round(position * 100)}%, var(--map-level-coarse))`;
  return mark;
}
