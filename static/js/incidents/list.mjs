/** The list of incidents: filters, how many of how many, rows. */

import { el, icon, link } from "../dom.mjs";
import { failureText } from "../panel/panes.mjs";
import { Filters } from "./filters.mjs";
import { Rows } from "./rows.mjs";
import { signOf } from "./symbols.mjs";
import { ago, dueText, timeProps } from "./times.mjs";

/** @typedef {import("../i18n.mjs").Words} Words */

export class IncidentList {
  /**
   * @param {{calls: import("./calls.mjs").Calls, rules: import("./rules.mjs").Rules, words: Words,
   *   bounds: () => number[]|null, open: (number: string) => void, changed: () => void,
   *   places: () => Promise<{code: string, name: string}[]>, herald: import("./herald.mjs").Herald}} parts
   *   `changed` is called when the filters are others
   */
  constructor({ calls, rules, words, bounds, open, changed, places, herald }) {
    this.words = words;
    this.rules = rules;
    this.filters = new Filters(rules, words, { places, herald, changed: () => {
      this.rows.refresh(true);
      changed();
    } });
    this.openTotal = /** @type {number|null} */ (null);
    /** What the map leaves out because there is too much of it. @type {{drawn: number, total: number}|null} */
    this.cut = null;
    this.count = el("p", { class: "inc-count", role: "status" });
    this.empty = el("div", { class: "inc-empty", hidden: true });
    this.rows = new Rows({
      load: (after, limit, signal) => calls.list({ ...this.filters.query(bounds()), limit, after }, signal),
      row: (incident) => this.#row(incident),
      describe: (incident) => this.describe(incident),
      open: (incident) => open(incident.number),
      settled: (error) => this.#settled(error),
      label: words.t("incident.list"),
    });
    this.element = el("div", { class: "inc-list", data: { pane: "incidents" } },
      this.filters.element, this.count, this.empty, this.rows.element);
  }

  /** How many are open in all. @param {number} total */
  setOpenTotal(total) {
    this.openTotal = total;
    this.#tellCount();
  }

  /** How many of those in view the map draws. @param {number} drawn @param {number} total */
  setDrawn(drawn, total) {
    const cut = drawn < total ? { drawn, total } : null;
    if (cut?.drawn === this.cut?.drawn && cut?.total === this.cut?.total) return;
    this.cut = cut;
    this.#tellCount();
  }

  /** One line for screen readers. @param {any} incident */
  describe(incident) {
    const due = dueText(incident, this.words);
    return this.words.join("parts", [incident.title, this.rules.hazardName(incident.hazard), this.rules.severityName(incident.severity),
      this.rules.statusName(incident.status), due?.text, incident.number, ago(incident.reported_at, this.words)]
      .filter(Boolean));
  }

  /** After a change of language. */
  translate() {
    this.filters.fill();
    this.rows.list.setAttribute("aria-label", this.words.t("incident.list"));
    this.#tellCount();
    this.rows.refresh();
  }

  /** @param {any} incident */
  #row(incident) {
    const { words, rules } = this;
    const due = dueText(incident, words);
    return [
      signOf(rules.sign(incident)),
      el("span", { class: "inc-title", text: incident.title }),
      due ? el("span", { class: "inc-due", data: { late: String(due.late) }, text: due.text })
        : el("span", { class: "inc-due", text: incident.open ? "" : rules.statusName(incident.status) }),
      el("span", { class: "inc-what" },
        el("span", { class: "inc-status", data: { tone: rules.tone(incident.status) }, text: rules.statusName(incident.status) }),
        el("span", { text: [rules.hazardName(incident.hazard), rules.severityName(incident.severity)].join(" · ") })),
      el("span", { class: "inc-when" },
        el("span", { class: "inc-number", text: incident.number }),
        el("time", { ...timeProps(incident.reported_at, words), text: ago(incident.reported_at, words) })),
    ];
  }

  /** @param {any} error null if there was none */
  #settled(error) {
    const { words } = this;
    const none = !error && this.rows.total === 0;
    this.empty.hidden = !error && !none;
    this.rows.element.hidden = none || Boolean(error);
    if (error) {
      const { message, hint } = failureText(error, words);
      this.empty.replaceChildren(icon("warn"), el("p", { text: message }), hint ? el("p", { class: "faint", text: hint }) : "",
        el("button", { type: "button", class: "button", text: words.t("error.retry"), on: { click: () => this.rows.refresh() } }));
    } else if (none) {
      this.empty.replaceChildren(icon(this.filters.isPlain ? "check" : "search"), el("p", { text: words.t(this.filters.isPlain ? "incident.none" : "incident.none_found") }),
        this.filters.isPlain ? "" : el("button", { type: "button", class: "button", text: words.t("filter.clear"), on: { click: () => this.filters.clear() } }));
    }
    this.#tellCount();
  }

  #tellCount() {
    const locale = this.words.language === "en" ? "en" : "zh-CN";
    const { isPlain, values } = this.filters;
    // Of all that are open only those that are open are a part.
    const text = this.words.t(values.status === "open" ? "incident.count" : "incident.count_found", {
      n: this.rows.total.toLocaleString(locale),
      m: (this.openTotal ?? this.rows.total).toLocaleString(locale),
    });
    const cut = this.cut && this.words.t("incident.drawn", {
      n: this.cut.drawn.toLocaleString(locale),
      m: this.cut.total.toLocaleString(locale),
    });
    this.count.replaceChildren(el("span", { text: [text, cut].filter(Boolean).join(" · ") }),
      isPlain ? "" : link(this.words.t("filter.clear"), () => this.filters.clear()));
  }
}
