/** Which incidents the list shows and in which order; the map shows the same ones. */

import { el, icon } from "../dom.mjs";
import { filtersText, PLAIN, readFilters } from "./filter_text.mjs";
import { SEVERITY } from "./rules.mjs";

/** @typedef {import("../i18n.mjs").Words} Words */

const ORDERS = [
  ["-reported_at", "order.newest"],
  ["due_at", "order.due"],
  ["-severity", "order.severity"],
  ["-updated_at", "order.updated"],
];
const TYPING_MS = 250;

export class Filters {
  /**
   * @param {import("./rules.mjs").Rules} rules @param {Words} words
   * @param {{changed: () => void, places: () => Promise<{code: string, name: string}[]>, herald: import("./herald.mjs").Herald}} parts
   *   `places` are the coarsest grids that one may see
   */
  constructor(rules, words, { changed, places, herald }) {
    this.rules = rules;
    this.words = words;
    this.changed = changed;
    this.herald = herald;
    this.values = { ...PLAIN };
    /** @type {{code: string, name: string}[]} */
    this.places = [];
    places().then((found) => {
      this.places = [...found, ...this.places.filter((one) => !found.some(({ code }) => code === one.code))];
      this.fill();
    }).catch(() => {}); // then there is nothing to choose from
    this.typing = 0;
    this.element = el("form", { class: "inc-filters", role: "search", on: { submit: (/** @type {Event} */ event) => event.preventDefault() } });
    this.fill();
  }

  /** The parameters of GET /api/incidents. @param {number[]|null} bounds what the map shows */
  query(bounds) {
    const { status, hazard, severity, order, text, grid, location_status, overdue, inView } = this.values;
    return {
      status, hazard, severity, order, text, grid, location_status,
      overdue: overdue ? "true" : "",
      bbox: inView && bounds ? bounds.map((value) => value.toFixed(6)).join(",") : "",
    };
  }

  /** What the address keeps of them. */
  get text() {
    return filtersText(this.values);
  }

  /** Set them as an address has them; what is not known here is left out. @param {string} text */
  follow(text) {
    if (text === this.text) return;
    const statuses = ["", "open", "over", ...this.rules.openStatuses().map(({ status }) => status)];
    const values = readFilters(text, {
      status: (one) => statuses.includes(one),
      hazard: (one) => this.rules.byId.has(one),
      severity: (one) => /^[1-4]$/.test(one),
      order: (one) => ORDERS.some(([order]) => order === one),
      location_status: (one) => one === "unlocated" || one === "outside",
      grid: (one) => /^[\w-]{1,40}$/.test(one),
      text: (one) => one.length <= 100,
    });
    const { grid } = values;
    if (grid && !this.places.some(({ code }) => code === grid)) this.places.push({ code: grid, name: grid });
    this.#reset(values);
  }

  /** Whether everything open is shown. */
  get isPlain() {
    const { status, hazard, severity, text, grid, location_status, overdue, inView } = this.values;
    return status === "open" && !hazard && !severity && !text && !grid && !location_status && !overdue && !inView;
  }

  /** Whether the live index knows all that the map draws: what is open, by hazard, severity, status, and what is overdue. */
  get isLive() {
    const { status, text, grid, location_status } = this.values;
    return !text && !grid && !location_status && (status === "open" || this.rules.openStatuses().some((one) => one.status === status));
  }

  /** Show what is open in one grid. @param {{code: string, name: string}} grid */
  only(grid) {
    if (!this.places.some(({ code }) => code === grid.code)) this.places.push(grid);
    this.#reset({ grid: grid.code });
  }

  /** Show what is open and has no place in the city. @param {"unlocated"|"outside"} status */
  lost(status) {
    this.#reset({ location_status: status });
  }

  /** Show everything that is open. */
  clear() {
    this.#reset({});
  }

  /** @param {Partial<Filters["values"]>} values */
  #reset(values) {
    Object.assign(this.values, { ...PLAIN, order: this.values.order, ...values });
    this.fill();
    this.changed();
  }

  /** Write the controls in the language of the page. */
  fill() {
    const { words, rules, values } = this;
    const t = words.t.bind(words);
    const search = el("label", { class: "inc-search" }, icon("search"), el("input", {
      type: "search", name: "text", value: values.text, maxlength: 100, autocomplete: "off",
      placeholder: t("filter.text"), "aria-label": t("filter.text"),
      on: { input: (/** @type {any} */ event) => {
        values.text = event.target.value.trim();
        clearTimeout(this.typing);
        this.typing = window.setTimeout(this.changed, TYPING_MS);
      } },
    }));
    this.element.replaceChildren(
      el("div", { class: "inc-filter-line" }, search,
        this.#select("order", t("filter.order"), ORDERS.map(([value, key]) => [value, t(key)]))),
      el("div", { class: "inc-filter-line inc-filter-thirds" },
        this.#select("status", t("filter.status"), [
          ["open", t("filter.open")],
          ...rules.openStatuses().map(({ status, label }) => [status, label]),
          ["over", t("filter.over")],
          ["", t("filter.any_status")],
        ]),
        this.#select("hazard", t("filter.hazard"), [
          ["", t("filter.any_hazard")],
          ...rules.hazards().map(({ id, label, parent }) => [id, parent ? `　${label}` : label]),
        ]),
        this.#select("severity", t("filter.severity"), [
          ["", t("filter.any_severity")],
          ...[4, 3, 2, 1].map((one) => [String(one), t(SEVERITY[one])]),
        ])),
      el("div", { class: "inc-filter-line" },
        this.#select("grid", t("filter.place"), [["", t("filter.any_place")], ...this.places.map(({ code, name }) => [code, name])]),
        values.location_status ? el("button", { type: "button", class: "chip", name: "lost", "aria-pressed": "true", text: t(`lost.${values.location_status}`), on: { click: () => this.#reset({}) } }) : null,
        this.#toggle("overdue", t("filter.overdue")),
        this.#toggle("inView", t("filter.in_view")),
        this.#sound(t("filter.sound"))));
  }

  /** @param {string} label */
  #sound(label) {
    const button = el("button", { type: "button", name: "sound", class: "inc-sound", "aria-pressed": String(this.herald.sound), "aria-label": label, title: label, on: { click: () => {
      this.herald.setSound(!this.herald.sound);
      button.setAttribute("aria-pressed", String(this.herald.sound));
    } } }, icon("bell"));
    return button;
  }

  /** @param {"order"|"status"|"hazard"|"severity"|"grid"} name @param {string} label @param {string[][]} options */
  #select(name, label, options) {
    return el("select", {
      name, "aria-label": label, data: { set: this.values[name] && this.values[name] !== options[0][0] ? "true" : "false" },
      on: { change: (/** @type {any} */ event) => {
        this.values[name] = event.target.value;
        event.target.dataset.set = String(event.target.value !== options[0][0]);
        this.changed();
      } },
    }, ...options.map(([value, text]) => el("option", { value, text, selected: value === this.values[name] })));
  }

  /** @param {"overdue"|"inView"} name @param {string} label */
  #toggle(name, label) {
    return el("label", { class: "inc-toggle" },
      el("input", { type: "checkbox", name, checked: this.values[name], on: { change: (/** @type {any} */ event) => {
        this.values[name] = event.target.checked;
        this.changed();
      } } }),
      el("span", { text: label }));
  }
}
