/** What the colours mean, of what, of when, and what is not on the map: a card beside the map. */

import { el, icon, link } from "../dom.mjs";
import { note } from "../panel/parts.mjs";
import { localeOf } from "./figures.mjs";
import { periodText } from "./spec.mjs";
import { swatch } from "./swatch.mjs";

/** @typedef {import("./board.mjs").Board} Board */

/** @param {Board} board @param {{table: () => void}} acts @returns {Node[]} */
export function legendCard(board, { table }) {
  const { app, figures, wrong, busy } = board;
  const { words } = app;
  const t = words.t.bind(words);
  const close = el("button", { type: "button", class: "icon-button", name: "topic-close", "aria-label": t("topic.close"), title: t("topic.close"), on: { click: () => board.show(null) } }, icon("close"));
  const head = (/** @type {string} */ title) => el("header", { class: "legend-head" }, el("h2", { text: title }), close);
  if (wrong) {
    return [head(t("topic.failed")), note("bad", "warn", el("p", { text: wrong.message }), wrong.hint ? el("p", { text: wrong.hint }) : null),
      el("button", { type: "button", class: "button", text: t("error.retry"), on: { click: () => board.show(board.topic) } })];
  }
  if (!figures) return [head(t("loading.more")), el("div", { class: "bone" }), el("div", { class: "bone" }), el("div", { class: "bone" })];
  const { locale, zoom } = { locale: localeOf(words), zoom: app.view.map?.getZoom() ?? 0 };
  const level = app.city.levels.find((/** @type {any} */ one) => one.id === figures.level);
  const { month } = board;
  const period = figures.period && periodText(figures.period);
  return [
    head(figures.title),
    el("p", { class: "legend-unit" }, el("span", { class: "legend-parts" }, ...[figures.unit, figures.bandwidth, month || period].filter(Boolean).map((text) => el("span", {}, el("i", { "aria-hidden": "true", text: " · " }), String(text)))), busy ? el("span", { class: "legend-busy", text: t("loading.more") }) : null),
    el("ul", { class: "legend-rows" }, ...figures.legend.map(({ colour, label, count, mark, texture }) =>
      el("li", {}, swatch(colour, { mark, texture }), el("span", { text: label }), count === undefined || count === null ? null : el("span", { class: "faint", text: count.toLocaleString(locale) }))), figures.legend.length ? null : el("li", { class: "legend-empty", text: t("topic.empty") })),
    app.view.map && level && zoom < level.min_zoom
      ? el("p", { class: "legend-left" }, link(t("topic.zoom", { level: figures.title.split(" · ").at(-1) ?? "" }), () => app.view.map.easeTo({ zoom: level.min_zoom + 0.1, duration: 0 }))) : null,
    figures.left.length ? el("p", { class: "legend-left" }, icon("warn"), el("span", { text: figures.left.map(({ key, n }) => t(key, { n: n.toLocaleString(locale) })).join(" · ") })) : null,
    el("details", { class: "legend-notes" }, el("summary", { text: t("topic.notes") }),
      el("ul", {}, ...figures.notes.map((text) => el("li", { text })), el("li", { text: t("topic.source", { generation: figures.generation }) }))),
    el("div", { class: "actions" }, el("button", { type: "button", class: "button", name: "topic-table", on: { click: table } }, icon("table"), t(figures.form === "grids" ? "topic.table" : "topic.table_of_grids"))),
  ].filter((one) => one !== null);
}
