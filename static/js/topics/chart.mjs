/** A small chart of one grid, or of all together: incidents by month, hazard, severity, weekday or hour. */

import { el } from "../dom.mjs";
import { numberText } from "./classes.mjs";
import { localeOf } from "./figures.mjs";
import { barsOf, divisorOf, labelStep, PARTS } from "./parts.mjs";
import { daysOf, isPart, monthsOf, monthText } from "./spec.mjs";

/** @typedef {import("./board.mjs").Board} Board */
/** @typedef {import("./parts.mjs").Bar} Bar */
/** @typedef {import("./figures.mjs").Row} Row */

/** What has a name and no order is a list of bars; the rest goes along an axis. */
const LISTED = new Set(["hazard", "severity"]);
const NAMES = /** @type {Record<string, string>} */ ({
  month: "chart.month", hazard: "chart.hazard", severity: "chart.severity", weekday: "chart.weekday", hour: "chart.hour",
});

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
 * @param {HTMLElement} box @param {Board} board @param {Row|null} row null for all together
 */
export async function chartOf(box, board, row) {
  const { topic, figures } = board;
  const { words } = board.app;
  const period = board.whole?.period;
  if (!topic || topic.kind === "coverage" || !figures || !period) {
    delete box.dataset.key;
    box.replaceChildren(el("p", { class: "faint", text: words.t("chart.none") }));
    return;
  }
  const part = box.dataset.part ?? PARTS[0];
  // All months beside each other; everything else of the month that is shown.
  const days = topic.month && part !== "month" ? daysOf(topic.month, period) : period;
  const path = `/breakdown?${new URLSearchParams(Object.entries({ hazard: topic.subject, area: row?.code ?? "", from: days.from, to: days.to }).filter(([, value]) => value))}`;
  const divisor = divisorOf(topic, row ? [row] : figures.rows);
  const unit = divisor ? figures.unit : words.t("chart.count");
  const key = [path, part, divisor, unit, words.language, document.documentElement.dataset.theme].join("|");
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  const head = headOf(box, board, row, part, unit);
  box.replaceChildren(...head, el("div", { class: "bone" }));
  try {
    const [answer, Chart] = await Promise.all([board.read(path), LISTED.has(part) ? null : charts()]);
    if (box.dataset.key !== key) return; // another one was chosen
    const bars = barsOf(part, answer, namesOf(board), { months: monthsOf(period.from, period.to), subject: topic.subject })
      .map((bar) => (part === "month" && isPart(bar.name, period) ? { ...bar, label: `${bar.label}*`, name: monthText(bar.name, period) } : bar))
      .map((bar) => ({ ...bar, value: divisor ? bar.count / divisor : bar.count }));
    if (bars.length < 2 && !LISTED.has(part)) box.replaceChildren(...head, el("p", { class: "faint", text: words.t("chart.few") }));
    else if (LISTED.has(part)) box.replaceChildren(...head, listOf(bars, localeOf(words)));
    else {
      const holder = el("div", { class: "chart-canvas", "aria-hidden": "true" });
      box.replaceChildren(...head, holder,
        el("p", { class: "hidden", text: words.join("parts", bars.map(({ name, value }) => `${name}: ${numberText(value, localeOf(words))}`)) }));
      draw(Chart, holder, box, bars, divisor ? 4 / divisor : 4);
    }
  } catch {
    delete box.dataset.key;
    box.replaceChildren(...head, el("p", { class: "faint", text: words.t("chart.failed") }));
  }
}

/** What it is of, and by what else it may be. @param {HTMLElement} box @param {Board} board @param {Row|null} row @param {string} part @param {string} unit */
function headOf(box, board, row, part, unit) {
  const { words } = board.app;
  const period = board.whole?.period ?? null;
  const parts = part === "month" && period && monthsOf(period.from, period.to).some((one) => isPart(one, period));
  const month = parts ? words.t("chart.partial") : part !== "month" ? board.month : "";
  return [
    el("h3", { text: [row?.name ?? words.t("chart.all"), unit, month].filter(Boolean).join(" · ") }),
    el("div", { class: "chips", role: "group", "aria-label": words.t("chart.by") }, ...PARTS.map((one) => el("button", {
      type: "button", class: "chip", name: `chart-${one}`, text: words.t(NAMES[one]), "aria-pressed": String(one === part),
      on: { click: async () => {
        box.dataset.part = one;
        await chartOf(box, board, row);
        /** @type {HTMLElement|null} */ (box.querySelector(`[name="chart-${one}"]`))?.focus({ preventScroll: true });
      } },
    }))),
  ];
}

/** @param {Board} board @returns {import("./parts.mjs").Names} */
function namesOf({ app }) {
  const { words, desk } = app;
  const rules = /** @type {import("../incidents/rules.mjs").Rules} */ (desk?.rules);
  return {
    language: words.language,
    hazard: (id) => rules.hazardName(id),
    domain: (id) => rules.domain(id).id,
    severity: (severity) => rules.severityName(severity),
    others: words.t("chart.others"),
  };
}

/** Bars beside their names: a list that is read as it is. @param {(Bar & {value: number})[]} bars @param {string} locale */
function listOf(bars, locale) {
  const most = Math.max(...bars.map(({ value }) => value)) || 1;
  return el("ul", { class: "chart-list" }, ...bars.map(({ name, value, domain }) => {
    const bar = el("i", { data: domain ? { domain } : {} });
    bar.style.width = `${(value / most) * 100}%`;
    return el("li", {}, el("span", { text: name }), el("span", { class: "chart-bar", "aria-hidden": "true" }, bar), el("strong", { text: numberText(value, locale) }));
  }));
}

/** @param {any} Chart @param {HTMLElement} holder @param {HTMLElement} box @param {(Bar & {value: number})[]} bars @param {number} least the axis goes up to this at least */
function draw(Chart, holder, box, bars, least) {
  const style = getComputedStyle(document.documentElement);
  const [ink, line, bar] = ["--text-soft", "--line", "--accent"].map((one) => style.getPropertyValue(one).trim());
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: "12px sans-serif" };
  const size = () => ({ width: Math.max(200, box.clientWidth - 24), height: Math.max(110, box.clientHeight - 88) });
  const chart = new Chart({
    ...size(),
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: [-0.6, bars.length - 0.4] }, y: { range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => [0, Math.max(least, high * 1.1)] } },
    axes: [
      { ...axis, grid: { show: false }, splits: bars.map((_, i) => i), size: 26, values: (/** @type {any} */ _, /** @type {number[]} */ at) => {
        const step = labelStep(bars, size().width - 40);
        return at.map((i) => (i % step ? "" : bars[i].label));
      } },
      { ...axis, size: 44 },
    ],
    series: [{}, { stroke: bar, fill: `${bar}cc`, width: 0, points: { show: false }, paths: Chart.paths.bars({ size: [0.7, 42] }) }],
  }, [bars.map((_, i) => i), bars.map(({ value }) => value)], holder);
  // The drawer gets narrower when the panel opens.
  const watch = new ResizeObserver(() => {
    if (!box.contains(holder)) {
      watch.disconnect();
      chart.destroy();
    } else if (box.clientWidth) chart.setSize(size());
  });
  watch.observe(box);
}
