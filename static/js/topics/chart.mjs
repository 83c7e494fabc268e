/** A small chart of one grid, or of all together: incidents month by month. */

import { el } from "../dom.mjs";
import { localeOf } from "./figures.mjs";
import { monthsOf } from "./spec.mjs";

/** @typedef {import("./board.mjs").Board} Board */

/** @type {Promise<any>|null} */
let library = null;

/** The chart library, fetched when the first chart is drawn. @returns {Promise<any>} */
function charts() {
  library ??= new Promise((done, fail) => {
    const root = document.body.dataset.static;
    document.head.append(
      el("link", { rel: "stylesheet", href: `${root}vendor/uplot-1.6.32/uPlot.min.css` }),
      el("script", { src: `${root}vendor/uplot-1.6.32/uPlot.iife.min.js`, on: { load: () => done(/** @type {any} */ (globalThis).uPlot), error: fail } }));
  });
  return library;
}

/**
 * @param {HTMLElement} box @param {Board} board @param {{code: string, name: string}|null} row null for all together
 */
export async function chartOf(box, board, row) {
  const { topic, app, figures } = board;
  const { words } = app;
  const months = figures?.period && board.whole?.period ? monthsOf(board.whole.period.from, board.whole.period.to) : [];
  if (!topic || months.length < 2 || !figures) {
    box.replaceChildren(el("p", { class: "faint", text: words.t("chart.none") }));
    return;
  }
  const name = row?.name ?? words.t("chart.all");
  const key = [row?.code ?? "", topic.subject, topic.level, months.join()].join("|");
  if (box.dataset.key === key + words.language + document.documentElement.dataset.theme) return;
  box.dataset.key = key + words.language + document.documentElement.dataset.theme;
  box.replaceChildren(el("h3", { text: words.t("chart.title", { name }) }), el("div", { class: "bone" }));
  const locale = localeOf(words);
  try {
    const [Chart, ...counts] = await Promise.all([charts(), ...months.map((month) => count(board, month, row?.code ?? ""))]);
    if (!box.dataset.key?.startsWith(key)) return; // another one was chosen
    const style = getComputedStyle(document.documentElement);
    const [ink, line, bar] = ["--text-soft", "--line", "--accent"].map((one) => style.getPropertyValue(one).trim());
    const holder = el("div", { class: "chart-canvas", "aria-hidden": "true" });
    box.replaceChildren(el("h3", { text: words.t("chart.title", { name }) }), holder,
      el("p", { class: "hidden", text: months.map((month, i) => `${month}: ${counts[i]}`).join(locale === "en" ? ", " : "，") }));
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: "12px sans-serif" };
    new Chart({
      width: Math.max(200, box.clientWidth - 24),
      height: Math.max(110, box.clientHeight - 52),
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: [-0.6, months.length - 0.4] }, y: { range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => [0, Math.max(4, high * 1.1)] } },
      axes: [
        { ...axis, grid: { show: false }, splits: months.map((_, i) => i), values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((i) => (months.length <= 12 || i % 3 === 0 ? months[i].slice(2).replace("-", "/") : "")), size: 26 },
        { ...axis, size: 34 },
      ],
      series: [{}, { stroke: bar, fill: `${bar}cc`, width: 0, points: { show: false }, paths: Chart.paths.bars({ size: [0.7, 42] }) }],
    }, [months.map((_, i) => i), counts], holder);
  } catch {
    delete box.dataset.key;
    box.replaceChildren(el("p", { class: "faint", text: words.t("chart.failed") }));
  }
}

/** How many incidents a month had. @param {Board} board @param {string} month @param {string} code */
async function count(board, month, code) {
  const { topic } = board;
  const level = code ? topic?.level ?? "" : board.app.city.levels[0].id;
  const answer = await board.ask({ .../** @type {any} */ (topic), kind: "rates", measure: "count", level, month, area: code });
  return answer.about.total;
}
