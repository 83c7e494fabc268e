/** Which incidents the list shows and in which order; the map shows the same ones. */

import { el, icon } from "../dom.mjs";
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
  /** @param {import("./rules.mjs").Rules} rules @param {Words} words @param {() => void} changed */
  constructor(rules, words, changed) {
    this.rules = rules;
    this.words = words;
    this.changed = changed;
    this.values = { status: "open", hazard: "", severity: "", order: "-reported_at", text: "", overdue: false, inView: false };
    this.typing = 0;
    this.element = el("form", { class: "inc-filters", role: "search", on: { submit: (/** @type {Event} */ event) => event.preventDefault() } });
    this.fill();
  }

  /** The parameters of GET /api/incidents. @param {number[]|null} bounds what the map shows */
  query(bounds) {
    const { status, hazard, severity, order, text, overdue, inView } = this.values;
    return {
      status, hazard, severity, order, text,
      overdue: overdue ? "true" : "",
      bbox: inView && bounds ? bounds.map((value) => value.toFixed(6)).join(",") : "",
    };
  }

  /** Whether everything open is shown. */
  get isPlain() {
    const { status, hazard, severity, text, overdue, inView } = this.values;
    return status === "open" && !hazard && !severity && !text && !overdue && !inView;
  }

  /** Whether the map draws an incident; its hazard was asked for already. @param {any} pin */
  draws(pin) {
    const { status, severity, overdue } = this.values;
    return (!overdue || pin.overdue)
      && (!severity || severity === String(pin.severity))
      && (status === "open" || status === "" || status === "over" || status === pin.status);
  }

  /** Show everything that is open. */
  clear() {
    Object.assign(this.values, { status: "open", hazard: "", severity: "", text: "", overdue: false, inView: false });
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
        this.#toggle("overdue", t("filter.overdue")),
        this.#toggle("inView", t("filter.in_view"))));
  }

  /** @param {"order"|"status"|"hazard"|"severity"} name @param {string} label @param {string[][]} options */
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
