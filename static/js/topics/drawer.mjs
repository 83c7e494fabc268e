/** Statistics: the figures of all grids as a table that is sorted, searched and taken along, with a chart of one of them. */

import { fileName, saveTable } from "../download.mjs";
import { byId, el, icon } from "../dom.mjs";
import { Lines } from "../lines.mjs";
import { failureText } from "../panel/panes.mjs";
import { chartOf } from "./chart.mjs";
import { numberText } from "./classes.mjs";
import { localeOf } from "./figures.mjs";
import { periodText } from "./spec.mjs";
import { swatch } from "./swatch.mjs";

/** @typedef {import("./figures.mjs").Row} Row */
/** What has no figure comes last, whatever the order. */
const RANK = /** @type {Record<string, number>} */ ({ value: 0, zero: 1, suppressed: 2, no_data: 3 });

export class Drawer {
  /** @param {import("./board.mjs").Board} board */
  constructor(board) {
    this.board = board;
    this.box = byId("drawer");
    /** @type {"value"|"count"|"whole"|"name"} */
    this.order = "value";
    this.downward = true;
    this.text = "";
    /** @type {Row|null} */
    this.chosen = null;
    /** @type {Lines|null} */
    this.lines = null;
    this.chart = el("div", { class: "chart" });
    board.listeners.push(() => this.isOpen && this.fill());
  }

  get isOpen() {
    return !this.box.hidden;
  }

  toggle() {
    return this.isOpen ? this.close() : this.open();
  }

  open() {
    this.board.app.shell.bring(this.box);
    this.fill();
    /** @type {HTMLElement|null} */ (this.box.querySelector("input"))?.focus({ preventScroll: true });
  }

  close() {
    this.board.app.shell.putAway(this.box);
    this.box.replaceChildren(); // rows of figures that are gone are not written anew
    this.lines = null;
    this.chosen = null;
  }

  /** Rows in the order and with the names that are asked for. @returns {Row[]} */
  rows() {
    const rows = this.board.figures?.rows ?? [];
    const { order, text } = this;
    const sign = this.downward ? -1 : 1;
    const wanted = text.trim().toLowerCase();
    const kept = wanted ? rows.filter(({ name, code }) => name.toLowerCase().includes(wanted) || code.includes(wanted)) : [...rows];
    return kept.sort((a, b) => {
      if (order === "name") return -sign * a.name.localeCompare(b.name, "zh-CN") || (a.code < b.code ? -1 : 1);
      return RANK[a.state] - RANK[b.state] || sign * ((a[order] ?? 0) - (b[order] ?? 0)) || (a.code < b.code ? -1 : 1);
    });
  }

  /** Write the drawer for what is drawn. */
  fill() {
    const { figures, app } = this.board;
    if (!figures || figures.form !== "grids") return this.close();
    const { words } = app;
    const t = words.t.bind(words);
    const locale = localeOf(words);
    /** @param {number|null} value */
    const number = (value) => el("span", { class: "cell-number", text: value === null ? "–" : numberText(value, locale) });
    this.lines = new Lines({
      label: figures.title,
      cells: (/** @type {Row} */ row) => {
        return [
          row.place >= 0 ? swatch(figures.colours[row.place], { texture: figures.textures[row.place] }) : swatch("transparent"), el("span", { class: "cell-name", text: row.name }), el("span", { class: "cell-code", text: row.code }),
          row.state === "value" || row.state === "zero"
            ? row.told ? el("span", { class: "cell-told", text: row.told }) : number(row.value ?? 0)
            : el("span", { class: "cell-number faint", text: t(`topic.state.${row.state}`) }),
          figures.columns.count ? number(row.count) : el("span"), figures.columns.whole ? number(row.whole) : el("span"),
        ];
      },
      describe: (row) => this.#described(row, figures),
      isCurrent: (row) => row.code === this.chosen?.code,
      open: (row) => this.#choose(row),
    });
    const table = el("div", { class: "drawer-table" }, this.#head(), this.lines.element);
    const { month } = this.board;
    this.box.replaceChildren(
      el("header", { class: "card-head" },
        el("h2", { id: "drawer-title", text: [figures.title, month].filter(Boolean).join(" · ") }),
        el("label", { class: "inc-search drawer-search" }, icon("search"), el("input", { type: "search", name: "drawer-text", value: this.text, placeholder: t("drawer.find"), "aria-label": t("drawer.find"), autocomplete: "off", on: { input: (/** @type {any} */ event) => {
          this.text = event.target.value;
          this.#show();
        } } })),
        el("span", { class: "drawer-count faint", role: "status" }),
        ...["csv", "xlsx"].map((format) => el("button", { type: "button", class: "button", name: `drawer-${format}`, text: format.toUpperCase(), on: { click: () => this.#save(/** @type {"csv"|"xlsx"} */ (format)) } })),
        el("button", { type: "button", class: "icon-button", name: "drawer-close", "aria-label": t("close"), on: { click: () => this.close() } }, icon("close"))),
      el("div", { class: "drawer-body" }, table, this.chart));
    this.#show();
    return this.#draw();
  }

  /** A row with the names of its columns. @param {Row} row @param {import("./figures.mjs").Figures} figures of which it is one */
  #described(row, { columns }) {
    const { words } = this.board.app;
    const locale = localeOf(words);
    const known = row.state === "value" || row.state === "zero";
    const value = row.told || (known ? numberText(row.value ?? 0, locale) : words.t(`topic.state.${row.state}`));
    const beside = /** @type {const} */ (["count", "whole"]).filter((one) => columns[one] && row[one] !== null)
      .map((one) => `${columns[one]} ${numberText(/** @type {number} */ (row[one]), locale)}`);
    return words.join("parts", [row.name, row.code, `${columns.value} ${value}`, ...beside]);
  }

  #head() {
    const { columns } = /** @type {import("./figures.mjs").Figures} */ (this.board.figures);
    const t = this.board.app.words.t.bind(this.board.app.words);
    /** @param {"value"|"count"|"whole"|"name"} name @param {string} text */
    const cell = (name, text) => (text ? el("button", {
      type: "button", name: `sort-${name}`, class: name === "name" ? "cell-name" : "cell-number", "aria-pressed": String(this.order === name),
      text: text + (this.order === name ? (this.downward ? " ↓" : " ↑") : ""), title: text,
      on: { click: () => {
        this.downward = this.order === name ? !this.downward : true;
        this.order = name;
        this.fill();
      } },
    }) : el("span"));
    return el("div", { class: "line-head" }, el("span"), cell("name", t("drawer.name")), el("span", { class: "cell-code", text: t("drawer.code") }),
      cell("value", columns.value), cell("count", columns.count), cell("whole", columns.whole));
  }

  #show() {
    const rows = this.rows();
    this.lines?.show(rows);
    const count = this.box.querySelector(".drawer-count");
    const { words } = this.board.app;
    if (count) count.textContent = words.t("drawer.count", { n: words.number(rows.length), m: words.number(this.board.figures?.rows.length ?? 0) });
  }

  /** @param {Row} row */
  #choose(row) {
    this.chosen = row;
    this.lines?.draw();
    this.board.app.showGrid(row.code, this.board.figures?.level);
    this.#draw();
  }

  /** The chart of the chosen grid, or of all together. */
  #draw() {
    return chartOf(this.chart, this.board, this.chosen);
  }

  /** @param {"csv"|"xlsx"} format */
  async #save(format) {
    const { figures, app, topic } = this.board;
    if (!figures || !app.desk) return;
    const t = app.words.t.bind(app.words);
    const { columns, period } = figures;
    const named = /** @type {[string, (row: Row) => string|number|null, "text"|"number"][]} */ ([
      [t("drawer.code"), (row) => row.code, "text"], [t("drawer.name"), (row) => row.name, "text"],
      [t("drawer.state"), (row) => t(`topic.state.${row.state}`), "text"],
      [columns.value, (row) => row.value, "number"], [t("drawer.told"), (row) => row.told, "text"],
      [columns.count, (row) => row.count, "number"], [columns.whole, (row) => row.whole, "number"],
      [t("drawer.period"), () => this.board.month || (period ? periodText(period) : ""), "text"],
      [t("generation"), () => figures.generation, "text"], [t("synthetic.badge"), () => app.city.synthetic, "text"],
    ]).filter(([name]) => name);
    const used = named.filter(([name], i) => named.findIndex(([other]) => other === name) === i);
    try {
      await saveTable(app.desk.calls, {
        name: fileName(app.city.name, figures.title, topic?.month ?? ""), format,
        columns: used.map(([name, , kind]) => ({ name, kind })),
        rows: this.rows().map((row) => used.map(([, of]) => of(row))),
      });
    } catch (error) {
      app.shell.toast(failureText(error, app.words).message);
    }
  }
}
