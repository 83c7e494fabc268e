/** The form of a report: where, what, how grave; what may be the same is shown while it is written. */

import { isStale } from "../api.mjs";
import { el, icon, link } from "../dom.mjs";
import { metres, pointText } from "../i18n.mjs";
import { failureText } from "../panel/panes.mjs";
import { note, section } from "../panel/parts.mjs";
import { photoField } from "../field/camera.mjs";
import { dropDraft, keepDraft, readDraft } from "./draft.mjs";
import { SEVERITY } from "./rules.mjs";
import { signOf } from "./symbols.mjs";
import { ago } from "./times.mjs";

/** The system that reports are from: with an id of their own, none is taken in twice. */
export const PAGE = "weige-page";

/** @typedef {import("./detail.mjs").Context} Context */
/** @typedef {{lon: number, lat: number, name: string, address?: string}} Spot WGS-84, what is there, how it was searched */

const ASK_MS = 250;

/** Whether it is written on a telephone in the field: short, with a camera. */
const inField = () => "field" in document.documentElement.dataset;

export class Report {
  /**
   * @param {{calls: import("./calls.mjs").Calls, context: Context, back: () => void,
   *   filed: (answer: any, photos: File[]) => void, dropped: (bringBack: () => void) => void,
   *   openOther: (number: string) => void}} parts
   */
  constructor({ calls, context, back, filed, dropped, openOther }) {
    this.calls = calls;
    this.context = context;
    this.back = back;
    this.filed = filed;
    this.dropped = dropped;
    this.openOther = openOther;
    /** @type {Spot|null} */
    this.spot = null;
    this.values = this.#blank();
    this.filled = "";
    this.id = newId();
    /** @type {any} */
    this.same = null;
    /** @type {{message: string, hint: string}|null} */
    this.wrong = null;
    /** Taken with the report, sent after it. @type {File[]} */
    this.photos = [];
    /** How many photos were taken before the page was loaded anew. */
    this.lost = 0;
    this.busy = false;
    this.timer = 0;
    /** @type {AbortController|null} */
    this.asking = null;
    this.element = el("div");
    this.beside = el("div", { class: "report-same", "aria-live": "polite" });
  }

  #blank() {
    return { hazard: "", severity: 2, title: "", description: "", address: "", accuracy_m: "", source: this.calls.me?.role === "grid_worker" ? "grid_worker" : "dispatcher", reporter_name: "", reporter_contact: "" };
  }

  /** Whether there is text that must not get lost. */
  get isBegun() {
    return Boolean(this.values.title || this.values.description || this.values.reporter_contact || this.photos.length);
  }

  /** Go on with what this tab of the browser keeps for whoever asks. @returns {boolean} whether there is something */
  resume() {
    const draft = readDraft(this.#who);
    if (!draft) return false;
    const blank = this.#blank();
    const known = Object.entries(draft.values).filter(([name, value]) => typeof value === typeof /** @type {any} */ (blank)[name]);
    this.values = { ...blank, ...Object.fromEntries(known) };
    this.id = draft.id;
    this.filled = draft.filled;
    this.spot = draft.spot;
    this.lost = draft.photos;
    this.render();
    this.#askSame();
    return true;
  }

  /** Keep it, should the page be loaded anew. */
  keep() {
    const { id, spot, values, filled, photos } = this;
    if (spot) keepDraft(this.#who, { id, spot, values, filled, photos: photos.length || this.lost });
  }

  get #who() {
    return this.calls.me?.label ?? "";
  }

  /** Give it up; whoever did so by accident gets it back. */
  #drop() {
    const { id, spot, values, filled, photos, lost } = this;
    this.#begin();
    this.dropped(() => {
      Object.assign(this, { id, spot, values, filled, photos, lost });
      this.keep();
      this.render();
    });
  }

  /** A blank one, after another. */
  #begin() {
    dropDraft();
    this.id = newId();
    this.photos = [];
    this.lost = 0;
    this.values = this.#blank();
    this.spot = null;
  }

  /** Write of another place; what was typed stays. @param {Spot} spot @param {number} roughM */
  at(spot, roughM) {
    this.spot = spot;
    if (inField() || !this.isBegun || !this.values.accuracy_m) this.values.accuracy_m = roughM ? String(Math.ceil(roughM)) : "0";
    // The address that was searched for; one that was typed here stays.
    if (!this.values.address || this.values.address === this.filled) this.values.address = spot.address ?? "";
    this.filled = spot.address ?? "";
    this.wrong = null;
    this.same = null;
    this.render();
    this.keep();
    this.#askSame();
  }

  render() {
    const { words, rules } = this.context;
    const t = words.t.bind(words);
    const { spot, values } = this;
    if (!spot) return;
    this.element.replaceChildren(el("article", { class: "pane inc-pane", data: { pane: "report" } },
      el("div", { class: "inc-bar" }, el("button", { type: "button", class: "button-back", name: "back", on: { click: this.back } }, icon("back"), t("detail.back"))),
      el("h2", { class: "pane-title", text: t("report.title") }),
      el("p", { class: "report-spot" }, icon("target"), el("span", {}, spot.name ? el("strong", { text: spot.name }) : null, el("span", { class: "faint", text: pointText(spot.lon, spot.lat) }))),
      el("form", { class: "report", on: {
        // After the handlers of the fields, which change the values.
        input: () => this.keep(),
        change: () => this.keep(),
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          this.#send();
        },
      } },
        field(t("field.hazard"), el("select", { name: "hazard", required: true, on: { change: (/** @type {any} */ event) => {
          this.#name(event.target.value);
          this.#askSame();
        } } },
          el("option", { value: "", text: t("report.choose"), disabled: true, selected: !values.hazard }),
          ...rules.hazards().map(({ id, label, parent }) => el("option", { value: id, text: parent ? `　${label}` : label, selected: id === values.hazard })))),
        el("fieldset", { class: "severities" }, el("legend", { text: t("field.severity") }),
          el("div", { class: "severity-row" }, ...[1, 2, 3, 4].map((severity) => el("label", { class: "severity" },
            el("input", { type: "radio", name: "severity", value: String(severity), checked: severity === values.severity, on: { change: () => { values.severity = severity; } } }),
            el("span", {}, signOf({ domain: "other", severity, blank: true }), t(SEVERITY[severity])))))),
        this.#text("title", t("field.title"), { required: true, maxlength: 200, placeholder: t("report.title_hint") }),
        this.beside,
        this.lost ? note("warn", "warn", el("p", { text: t("report.photos_lost", { n: this.lost }) })) : null,
        inField() ? photoField(this.photos, words, () => {
          this.lost = 0;
          this.keep();
          this.render();
        }) : null,
        this.#area("description", t("field.description")),
        this.#text("address", t("field.address"), { maxlength: 300, placeholder: t("report.address_hint") }),
        ...(inField() ? [] : this.#behind()),
        this.wrong ? el("div", { role: "alert" }, note("bad", "warn", el("p", { text: this.wrong.message }), this.wrong.hint ? el("p", { text: this.wrong.hint }) : null)) : null,
        el("div", { class: "actions report-actions" },
          el("button", { type: "submit", class: "button button-strong", name: "send", disabled: this.busy, text: t(this.busy ? "report.sending" : "report.send") }),
          el("button", { type: "button", class: "button button-plain", name: "drop", disabled: this.busy, text: t("report.drop"), on: { click: () => this.#drop() } })))));
    this.#showSame();
  }

  /** How exact, and from whom: a grid worker knows both. */
  #behind() {
    const { values } = this;
    const t = this.context.words.t.bind(this.context.words);
    return [
      el("div", { class: "field-pair" },
        this.#text("accuracy_m", t("report.accuracy"), { type: "number", min: 0, max: 10000, step: "any", inputmode: "decimal" }),
        field(t("field.source"), el("select", { name: "source", on: { change: (/** @type {any} */ event) => { values.source = event.target.value; } } },
          ...[["dispatcher", t("source.dispatcher")], ["grid_worker", t("source.grid_worker")], ["citizen", t("source.citizen")]].map(([value, text]) =>
            el("option", { value, text, selected: value === values.source }))))),
      el("div", { class: "field-pair" },
        this.#text("reporter_name", t("report.reporter"), { maxlength: 100, autocomplete: "off" }),
        this.#text("reporter_contact", t("report.contact"), { maxlength: 200, autocomplete: "off" })),
      el("p", { class: "faint report-private", text: t("report.private") }),
    ];
  }

  /** Take the hazard; in the field its name is a title until somebody types another one. @param {string} hazard */
  #name(hazard) {
    const { values } = this;
    const { rules } = this.context;
    const own = values.title && values.title !== rules.hazardName(values.hazard);
    values.hazard = hazard;
    if (!inField() || own) return;
    values.title = rules.hazardName(hazard);
    const typed = /** @type {HTMLInputElement|null} */ (this.element.querySelector('[name="title"]'));
    if (typed) typed.value = values.title;
  }

  /** @param {"title"|"address"|"accuracy_m"|"reporter_name"|"reporter_contact"} name @param {string} label @param {Record<string, any>} props */
  #text(name, label, props) {
    return field(label, el("input", { type: "text", name, value: this.values[name], ...props, on: { input: (/** @type {any} */ event) => {
      this.values[name] = event.target.value;
      if (name === "title" && this.same === null) this.#askSame();
    } } }));
  }

  /** @param {"description"} name @param {string} label */
  #area(name, label) {
    return field(label, el("textarea", { name, rows: 3, maxlength: 10000, text: this.values[name], on: { input: (/** @type {any} */ event) => { this.values[name] = event.target.value; } } }));
  }

  /** Ask, a moment later, what may be the same. */
  #askSame() {
    clearTimeout(this.timer);
    const { hazard } = this.values;
    if (!hazard || !this.spot) return;
    this.timer = window.setTimeout(async () => {
      this.asking?.abort();
      const { spot } = this;
      if (!spot) return; // sent meanwhile
      this.asking = new AbortController();
      try {
        this.same = await this.calls.duplicates({ ...spot, hazard }, this.asking.signal);
      } catch (error) {
        if (isStale(error)) return;
        this.same = null; // the report goes without
      }
      this.#showSame();
    }, ASK_MS);
  }

  #showSame() {
    const { words, rules } = this.context;
    const found = this.same?.duplicates ?? [];
    if (!found.length) return this.beside.replaceChildren();
    return this.beside.replaceChildren(section(words.t("duplicates.title", { n: found.length, d: metres(this.same.within_m), h: String(this.same.within_hours) }),
      el("ul", {}, ...found.slice(0, 5).map((/** @type {any} */ one) => el("li", { class: "dup", data: { number: one.number } },
        signOf(rules.sign(one)),
        el("span", {}, link(one.title, () => this.openOther(one.number)),
          el("span", { class: "faint", text: [metres(one.distance_m), rules.statusName(one.status), ago(one.reported_at, words)].join(" · ") })))))));
  }

  async #send() {
    if (this.busy || !this.spot) return;
    const { values, spot } = this;
    this.busy = true;
    this.wrong = null;
    this.render();
    try {
      const answer = await this.calls.report({
        ...values,
        title: values.title.trim(),
        accuracy_m: Number(values.accuracy_m) || 0,
        lon: spot.lon,
        lat: spot.lat,
        datum: "wgs84",
        // If the answer gets lost on the way, the same report is sent again, and known again.
        external_source: PAGE,
        external_id: this.id,
      });
      const { photos } = this;
      this.#begin();
      this.filed(answer, photos);
    } catch (error) {
      this.wrong = failureText(error, this.context.words);
    } finally {
      this.busy = false;
      this.render();
    }
  }
}

/** Works without TLS, unlike crypto.randomUUID. */
function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} label @param {HTMLElement} control */
function field(label, control) {
  return el("label", { class: "field" }, el("span", { text: label }), control);
}
