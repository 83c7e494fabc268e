/** Corrections of what became of an address: where it is, or what it is called; tried, saved, undone. */

import { el, icon } from "../dom.mjs";
import { pointText } from "../i18n.mjs";
import { failureText } from "../panel/panes.mjs";
import { note, section } from "../panel/parts.mjs";

/** How often, and how long, a saved correction is waited for. */
const LOOK_MS = 600;
const PATIENCE_MS = 60000;
const PARTS = ["town", "community", "group", "road", "section", "lane", "number", "sub_number", "estate", "building", "unit", "poi"];
/** What an alias may name, the finest first: what is filled in by itself. */
const TARGETS = ["poi", "estate", "road", "community", "town"];

export class Corrections {
  kind = "place";
  /** @type {Record<string, string>} */
  parts = {};
  /** Where it is: a point or a grid. @type {any} */
  spot = null;
  name = { alias: "", target_kind: "estate", target_town: "", target: "" };
  why = "";
  /** What it would do. @type {any} */
  trial = null;
  confirmed = false;
  replaces = "";
  /** @type {{message: string, hint: string}|null} */
  wrong = null;
  busy = false;
  /** @type {any[]} */
  latest = [];

  /** @param {import("../app.mjs").App} app */
  constructor(app) {
    this.app = app;
    this.words = app.words;
    this.calls = /** @type {any} */ (app.desk).calls;
    /** @type {any} */
    this.answer = null;
    this.#forget();
  }

  #forget() {
    this.kind = "place";
    this.parts = {};
    this.spot = this.trial = this.wrong = null;
    this.name = { alias: "", target_kind: "estate", target_town: "", target: "" };
    this.why = this.replaces = "";
    this.confirmed = this.busy = false;
    this.latest = [];
  }

  /** Whether a click on the map says where the address is. */
  get isPlacing() {
    return this.isOpen && this.kind === "place";
  }

  get isOpen() {
    return this.answer !== null && this.app.shell.panel.querySelector('[data-pane="correct"]') !== null;
  }

  /** @param {any} answer of an address */
  open(answer) {
    this.#forget();
    this.answer = answer;
    const { address } = answer;
    for (const part of PARTS) this.parts[part] = address.parsed[part] ?? "";
    const kind = TARGETS.find((one) => this.parts[one]) ?? "estate";
    this.name = { alias: address.leftover.split(" ")[0], target_kind: kind, target_town: kind === "town" ? "" : this.parts.town, target: this.parts[kind] ?? "" };
    this.app.search?.say("", "plain");
    this.#render();
    this.#list();
  }

  /** Take a place of the map. @param {{lon: number, lat: number}} point WGS-84 */
  at({ lon, lat }) {
    this.spot = { lon, lat };
    this.app.view.mark({ lon, lat });
    this.#change();
  }

  /** Something else is to be saved: what was tried counts no more. */
  #change() {
    this.trial = this.wrong = null;
    this.confirmed = false;
    this.replaces = "";
    this.#render();
  }

  close() {
    this.answer = null;
    this.app.showPlace();
  }

  translate() {
    this.#render();
  }

  #body() {
    const text = this.answer.text;
    if (this.kind === "alias") return { kind: "alias", text, note: this.why, ...this.name };
    const words = Object.fromEntries(Object.entries(this.parts).filter(([, value]) => value.trim()));
    const place = this.spot?.grid ? { grid: this.spot.grid } : this.spot ? { lon: this.spot.lon, lat: this.spot.lat } : {};
    return { kind: "place", text, note: this.why, words, ...place };
  }

  /** @param {boolean} save */
  async #send(save) {
    if (this.busy) return;
    this.busy = true;
    this.wrong = null;
    this.#render();
    try {
      const body = { ...this.#body(), dry_run: !save, confirmed: this.confirmed, replaces: this.replaces };
      const told = await this.calls.correct(body);
      this.trial = told.trial;
      this.replaces = told.trial.replaces;
      if (save) await this.#saved(told.correction);
    } catch (error) {
      this.wrong = failureText(error, this.words);
    } finally {
      this.busy = false;
      if (this.answer) this.#render();
      this.app.shell.panel.querySelector(".correct-told, [data-pane=correct] [role=alert]")?.scrollIntoView({ block: "nearest" });
    }
  }

  /** @param {any} correction */
  async #saved(correction) {
    const { text } = this.answer;
    const version = correction.before.gazetteer_version;
    this.answer = null;
    this.app.shell.toast(this.words.t("correct.saved"));
    await this.#waited(text, version);
    const undo = { label: this.words.t("correct.undo"), action: () => this.#undo(correction.id, text) };
    this.app.shell.toast(this.words.t("correct.in_effect"), undo);
  }

  /** @param {string} ident @param {string} text the address that is asked again */
  async #undo(ident, text) {
    try {
      const version = (await this.calls.corrections()).gazetteer_version;
      await this.calls.undoCorrection(ident);
      this.answer = null;
      this.app.shell.toast(this.words.t("correct.undoing"));
      await this.#waited(text, version);
      this.app.shell.toast(this.words.t("correct.undone"));
    } catch (error) {
      this.app.shell.toast(failureText(error, this.words).message);
    }
  }

  /** Ask an address again once the gazetteer is another one. @param {string} text @param {string} version */
  async #waited(text, version) {
    const until = performance.now() + PATIENCE_MS;
    while (performance.now() < until) {
      const told = await this.calls.assign(text).catch(() => null);
      if (told && told.gazetteer_version !== version) break;
      await new Promise((done) => { setTimeout(done, LOOK_MS); });
    }
    this.app.view.moved?.follow(this.app.view, this.app.api);
    await this.app.ask({ kind: "address", text, by: "map" });
  }

  async #list() {
    const { answer } = this;
    const told = await this.calls.corrections().catch(() => null);
    if (!told || this.answer !== answer) return;
    this.latest = told.corrections;
    this.#render();
  }

  #render() {
    const t = this.words.t.bind(this.words);
    const { address, text } = this.answer;
    const active = document.activeElement?.getAttribute("name");
    const now = address.grid || t(`address.status.${address.status}`);
    const pane = el("article", { class: "pane", data: { pane: "correct", kind: this.kind } },
      el("div", { class: "inc-bar" }, el("button", { type: "button", class: "button-back", name: "back", on: { click: () => this.close() } }, icon("back"), t("correct.back"))),
      el("h2", { class: "pane-title", text: t("correct.title") }),
      el("p", { class: "address-text", text }),
      el("p", { class: "faint", text: t("correct.now", { grid: now }) }),
      el("form", { class: "report", on: { submit: (/** @type {Event} */ event) => {
        event.preventDefault();
        this.#send(this.trial !== null);
      } } },
        el("fieldset", { class: "severities" }, el("legend", { text: t("correct.what") }),
          el("div", { class: "severity-row correct-kinds" }, ...["place", "alias"].map((kind) => el("label", { class: "severity" },
            el("input", { type: "radio", name: "kind", value: kind, checked: this.kind === kind, on: { change: () => { this.kind = kind; this.#change(); } } }),
            el("span", { text: t(`correct.kind.${kind}`) }))))),
        ...(this.kind === "place" ? this.#place() : this.#alias()),
        this.#field("note", this.why, (value) => { this.why = value; }, { maxlength: 500, placeholder: t("correct.note_hint") }),
        this.trial ? this.#told() : null,
        this.wrong ? el("div", { role: "alert" }, note("bad", "warn", el("p", { text: this.wrong.message }), this.wrong.hint ? el("p", { text: this.wrong.hint }) : null)) : null,
        el("div", { class: "actions report-actions" },
          el("button", { type: "submit", class: "button button-strong", name: this.trial ? "save" : "try", disabled: this.busy || (this.trial && this.trial.touched.length > 0 && !this.confirmed), text: t(this.busy ? "correct.busy" : this.trial ? "correct.save" : "correct.try") }))),
      this.#made());
    const { scrollTop } = this.app.shell.panelBody;
    this.app.shell.showPane(pane);
    this.app.shell.panelBody.scrollTop = scrollTop;
    if (active) /** @type {HTMLElement|null} */ (pane.querySelector(`[name="${active}"]`))?.focus();
  }

  #place() {
    const t = this.words.t.bind(this.words);
    const { spot } = this;
    const found = this.answer.address.candidates;
    const filled = PARTS.filter((part) => this.parts[part] || ["road", "number", "estate", "building"].includes(part));
    const rest = PARTS.filter((part) => !filled.includes(part));
    return [
      el("p", { class: "report-spot", data: { spot: spot ? "set" : "open" } }, icon("target"),
        el("span", {}, el("strong", { text: spot?.name ?? t(spot ? "correct.clicked" : "correct.click") }),
          spot && !spot.grid ? el("span", { class: "faint", text: pointText(spot.lon, spot.lat) }) : null)),
      found.length > 1 || (found.length === 1 && !this.answer.address.grid)
        ? el("div", { class: "correct-grids", role: "group", "aria-label": t("correct.or_grid") },
            el("span", { class: "faint", text: t("correct.or_grid") }),
            ...found.map((/** @type {any} */ one) => el("button", { type: "button", class: "button", name: `grid-${one.grid}`, "aria-pressed": String(spot?.grid === one.grid), text: one.name, on: { click: () => {
              this.spot = { grid: one.grid, name: one.name };
              this.#change();
            } } })))
        : null,
      el("div", { class: "correct-parts" }, ...filled.map((part) => this.#part(part))),
      rest.length ? el("details", {}, el("summary", { text: t("correct.more") }), el("div", { class: "correct-parts" }, ...rest.map((part) => this.#part(part)))) : null,
    ];
  }

  /** @param {string} part */
  #part(part) {
    return this.#field(part, this.parts[part], (value) => { this.parts[part] = value; }, { maxlength: 60 });
  }

  #alias() {
    const t = this.words.t.bind(this.words);
    const { name } = this;
    return [
      this.#field("alias", name.alias, (value) => { name.alias = value; }, { maxlength: 60, required: true }),
      el("label", { class: "field" }, el("span", { text: t("correct.field.target_kind") }),
        el("select", { name: "target_kind", on: { change: (/** @type {any} */ event) => { name.target_kind = event.target.value; this.#stale(); } } },
          ...TARGETS.map((kind) => el("option", { value: kind, selected: kind === name.target_kind, text: t(`suggest.kind.${kind}`) })))),
      this.#field("target", name.target, (value) => { name.target = value; }, { maxlength: 60, required: true }),
      this.#field("target_town", name.target_town, (value) => { name.target_town = value; }, { maxlength: 60 }),
    ];
  }

  /** What is typed counts, what was tried does not; the field keeps the focus. */
  #stale() {
    if (!this.trial && !this.wrong) return;
    this.#change();
  }

  /** @param {string} name @param {string} value @param {(value: string) => void} set @param {Record<string, any>} props */
  #field(name, value, set, props) {
    return el("label", { class: "field" }, el("span", { text: this.words.t(`correct.field.${name}`) }),
      el("input", { type: "text", name, value, autocomplete: "off", ...props, on: { input: (/** @type {any} */ event) => {
        const at = event.target.selectionStart;
        set(event.target.value);
        this.#stale();
        const again = /** @type {HTMLInputElement|null} */ (this.app.shell.panel.querySelector(`[data-pane="correct"] input[name="${name}"]`));
        if (again !== event.target) again?.setSelectionRange(at, at);
      } } }));
  }

  /** What saving it would do. */
  #told() {
    const t = this.words.t.bind(this.words);
    const { trial } = this;
    const lines = [];
    if (trial.point) lines.push(t(trial.point.chosen ? "correct.point_chosen" : "correct.point", { grid: trial.point.grid, d: trial.point.border_m.toFixed(0) }));
    if (trial.alias) lines.push(t("correct.names", { alias: trial.alias.alias, target: `${trial.alias.target_town}${trial.alias.target}` }));
    if (trial.filled.length) lines.push(t("correct.filled", { town: trial.words.town }));
    const gone = trial.replaced.filter((/** @type {any} */ one) => one.grid !== trial.point?.grid);
    if (gone.length) lines.push(t("correct.replaced", { n: gone.length, grids: this.words.join("list", [...new Set(gone.map((/** @type {any} */ one) => String(one.grid)))]) }));
    if (trial.replaces) lines.push(t("correct.earlier"));
    const touched = trial.touched;
    return el("div", { class: "correct-told", "aria-live": "polite" },
      note(touched.length ? "warn" : "plain", touched.length ? "warn" : "info",
        el("ul", {}, ...lines.map((text) => el("li", { text }))),
        touched.length ? el("p", { text: t("correct.touched") }) : null,
        touched.length ? el("ul", {}, ...touched.map((/** @type {any} */ one) => el("li", { text: t(`correct.how.${one.how}`, { name: `${one.town}${one.name}` }) }))) : null,
        touched.length ? el("label", { class: "correct-confirm" }, el("input", { type: "checkbox", name: "confirmed", checked: this.confirmed, on: { change: (/** @type {any} */ event) => {
          this.confirmed = event.target.checked;
          this.#render();
        } } }), t("correct.confirm")) : null));
  }

  /** The latest corrections, each with its undoing. */
  #made() {
    const t = this.words.t.bind(this.words);
    if (!this.latest.length) return null;
    return section(t("correct.latest"), el("ul", { class: "rows correct-list" }, ...this.latest.map((one) => {
      const what = one.alias ? `${one.alias.alias} → ${one.alias.target}` : Object.values(one.words).join(" ");
      return el("li", { class: "row", data: { correction: one.id, state: one.state } },
        el("span", {}, what, el("span", { class: "faint", text: ` ${one.point?.grid ?? ""} ${one.made_by} ${t(`correct.state.${one.state}`)}` })),
        one.state === "undone" ? null : el("button", { type: "button", class: "link", text: t("correct.undo"), on: { click: () => this.#undo(one.id, this.answer.text) } }));
    })));
  }
}
