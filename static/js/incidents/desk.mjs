/** Incidents in the page: list, sheet and report in the panel, signs on the map, all of it live. */

import { byId } from "../dom.mjs";
import { failurePane } from "../panel/panes.mjs";
import { Calls } from "./calls.mjs";
import { detailPane } from "./detail.mjs";
import { Feed } from "./feed.mjs";
import { Herald } from "./herald.mjs";
import { featureOf } from "./layer.mjs";
import { IncidentList } from "./list.mjs";
import { lookAt, markReport, spotOf } from "./moving.mjs";
import { LOOK_MS, restOf } from "./pace.mjs";
import { Pins } from "./pins.mjs";
import { hasPin } from "./placing.mjs";
import { reportOf, resumeReport } from "./reporting.mjs";
import { Rules } from "./rules.mjs";
import { Sheet } from "./sheet.mjs";
import { tellCounts, tellState } from "./state.mjs";
import { swap } from "./swap.mjs";
import { offerBack } from "./undo.mjs";
import { actsOf, wireDesk } from "./wiring.mjs";

/** Ages are told in minutes. */
const TICK_MS = 30000;

/** @typedef {Record<string, (...args: any[]) => any>} Acts */

export class IncidentDesk {
  /** @param {import("../app.mjs").App} app */
  constructor(app) {
    this.app = app;
    this.words = app.words;
    this.shell = app.shell;
    this.view = app.view;
    this.calls = new Calls(app.api.base, () => this.words.language);
    this.body = byId("incidents-body");
    /** @type {Rules|null} */
    this.rules = null;
    /** @type {IncidentList|null} */
    this.list = null;
    /** @type {Sheet|null} */
    this.sheet = null;
    /** @type {import("./report.mjs").Report|null} */
    this.form = null;
    /** What was to be opened before it could be. @type {{number: string, go: boolean}|null} */
    this.waiting = null;
    this.mode = /** @type {"list"|"sheet"|"report"} */ ("list");
    /** Whether a report was being written when the address was. */
    this.resuming = false;
    /** Filters of an address that was read before there was a list. */
    this.filtersText = "";
    /** Sheets on which something was typed. @type {Map<string, Sheet>} */
    this.kept = new Map();
    this.mine = /** @type {Set<string>} */ (new Set());
    this.looking = 0;
    this.lastsMs = 0;
    /** Called with whether the page hears of changes, when that becomes another. @type {((state: import("./feed.mjs").FeedState) => void)[]} */
    this.heard = [(state) => tellState(state, this.words)];
    this.pins = new Pins(this);
    this.herald = new Herald(this);
    wireDesk(this);
  }

  /** Whether whoever asks may do something. @param {string} permission */
  may(permission) {
    return this.calls.me?.permissions.includes(permission) ?? false;
  }

  /** The number of the incident that is seen, for the address. @returns {string|null} */
  get shown() {
    const { panelOpen, tab } = this.shell;
    return panelOpen && tab === "incidents" && this.mode === "sheet" ? this.sheet?.number ?? null : null;
  }

  /** Whether the list or a report is seen, and the filters, for the address. */
  get listed() {
    const { panelOpen, tab } = this.shell;
    const isSeen = panelOpen && tab === "incidents";
    return { list: isSeen && this.mode === "list", report: isSeen && this.mode === "report", filters: this.list?.filters.text ?? this.filtersText };
  }

  /** Filter as an address says. @param {string} text */
  filter(text) {
    this.filtersText = text;
    this.list?.filters.follow(text);
  }

  /** Hazards at the top of the tree, once they are known. */
  domains() {
    return this.rules?.domains() ?? [];
  }

  /** Load what everything else needs, then follow what happens. */
  async start() {
    try {
      const [hazards, lifecycle] = await Promise.all([this.calls.get("/hazards"), this.calls.get("/lifecycle"), this.calls.identify()]);
      this.rules = new Rules(hazards, lifecycle, this.words);
    } catch (error) {
      const actions = /** @type {any} */ ({ retry: () => this.start() });
      this.body.replaceChildren(failurePane(error, { words: this.words, actions, title: this.words.t("incident.failed") }));
      return;
    }
    this.#begin(this.rules);
  }

  /** @param {Rules} rules */
  #begin(rules) {
    const { words, calls } = this;
    this.context = { words, rules, actions: this.app.actions, may: (/** @type {string} */ what) => this.may(what), hasPin: () => hasPin(this), act: actsOf(this) };
    this.list = new IncidentList({
      calls, rules, words, herald: this.herald,
      // Whoever is limited to an area finds all of it without a choice.
      places: async () => (calls.me?.area ? [] : await calls.towns(this.app.city.levels[0].id)).map(([code, name]) => ({ code, name })),
      bounds: () => this.view.viewBounds(),
      open: (number) => this.open(number, { go: true }),
      changed: () => [this.pins.look(), this.app.writeAddress()],
    });
    this.list.filters.follow(this.filtersText);
    this.form = reportOf(this, this.context);
    this.view.map?.on("moveend", () => (this.list?.filters.values.inView ? this.#look(0) : this.pins.follow()));
    this.feed = new Feed(calls, {
      events: (events) => this.#follow(events),
      reset: () => this.#look(0, true),
      state: (state) => this.heard.forEach((one) => one(state)),
      mustHear: () => this.herald.sound,
    });
    this.feed.start();
    this.app.fillPopovers();
    if (this.app.answer) this.app.refreshPlace(); // it came before it was known who asks, and what they may
    setInterval(() => this.#tick(), TICK_MS);
    this.#render();
    this.#look(0);
    resumeReport(this, this.resuming);
    if (this.waiting) this.open(this.waiting.number, { go: this.waiting.go, focus: false });
  }

  /**
   * Open an incident in the panel.
   * @param {string} number
   * @param {{go?: boolean, focus?: boolean, offered?: any[]}} [how] whether the map and the focus
   *   move there, and what may be the same
   * @returns {Promise<void>} once it is read
   */
  open(number, { go = false, focus = true, offered = [] } = {}) {
    if (!this.rules) {
      this.waiting = { number, go };
      this.shell.setTab("incidents");
      return Promise.resolve();
    }
    this.#keep();
    /** @type {Sheet} */
    const sheet = this.kept.get(number) ?? new Sheet(number, {
      calls: this.calls,
      words: this.words,
      changed: () => this.sheet === sheet && this.#render(),
      loaded: (incident) => this.sheet === sheet && this.#mark(incident),
      say: (text) => this.shell.announce(text),
      moved: (move) => offerBack(this, sheet, move),
    });
    sheet.offered = offered;
    this.sheet = sheet;
    this.moving = go;
    this.turn("sheet");
    if (focus) /** @type {HTMLElement|null} */ (this.body.querySelector(".button-back"))?.focus({ preventScroll: true });
    return sheet.load();
  }

  /** Write a report of the place of an answer. @param {any} answer of /api/locate @param {number} roughM */
  report(answer, roughM) {
    if (!answer || !this.form) return;
    this.form.at(spotOf(answer), roughM);
    this.turn("report");
    /** @type {HTMLElement|null} */ (this.form.element.querySelector("select"))?.focus({ preventScroll: true });
  }

  /** List what is open in a grid. @param {{code: string, name: string}} grid */
  showGridsIncidents({ code, name }) {
    this.mode = "list";
    this.list?.filters.only({ code, name });
    this.show();
  }

  /** Show the tab, or hide the panel if it shows it already. */
  toggle() {
    if (!this.shell.panelOpen || this.shell.tab !== "incidents") return this.show();
    this.shell.setPanel(false);
    return this.app.writeAddress();
  }

  /** Turn to the tab of incidents. */
  show() {
    this.shell.setTab("incidents");
    this.#render();
    markReport(this);
    this.list?.rows.refresh();
    this.app.writeAddress();
  }

  /** One step back on Escape. @returns {boolean} whether there was one */
  stepBack() {
    if (!this.shell.panelOpen || this.shell.tab !== "incidents" || this.mode === "list") return false;
    if (this.mode === "sheet" && this.sheet?.editing?.stopPlacing()) return true;
    this.turn("list");
    return true;
  }

  /** The panel is closed. */
  close() {
    this.#keep();
    this.mode = "list";
    this.#mark(null);
  }

  /** After a change of language. */
  translate() {
    if (this.feed) tellState(this.feed.state, this.words);
    if (this.list) tellCounts(this);
    this.list?.translate();
    this.form?.render();
    if (this.sheet) this.sheet.load();
    this.#render();
  }

  /** Keep a sheet on which something was typed, or from which photos did not get away. */
  #keep() {
    if (!this.sheet) return;
    if (this.sheet.isBegun) this.kept.set(this.sheet.number, this.sheet);
    else this.kept.delete(this.sheet.number);
  }

  /** @param {"list"|"sheet"|"report"} mode */
  turn(mode) {
    const back = mode === "list" && this.mode !== "list";
    if (back) this.#keep();
    this.mode = mode;
    if (mode !== "sheet") this.#mark(null);
    this.list?.rows.setCurrent(this.sheet?.number ?? null);
    this.shell.setTab("incidents");
    this.#render(true);
    if (back) this.list?.rows.focus();
    if (back) this.list?.rows.refresh();
    this.app.writeAddress();
  }

  /** @param {boolean} [top] another thing is shown: begin at its top */
  #render(top = false) {
    if (!this.rules || !this.list || !this.form) return;
    this.body.dataset.mode = this.mode;
    if (this.mode === "list") {
      if (this.body.firstChild !== this.list.element) this.body.replaceChildren(this.list.element);
      this.list.rows.setCurrent(this.sheet?.number ?? null);
    } else if (this.mode === "report") {
      if (this.body.firstChild !== this.form.element) this.body.replaceChildren(this.form.element);
    } else if (this.sheet && this.context) swap(this.body, detailPane(this.sheet, this.context), top);
  }

  /** Tell ages anew, and what is overdue by now. */
  #tick() {
    if (document.hidden) return;
    this.#render();
    this.pins.look();
  }

  /** Show on the map which incident is open. @param {any} incident */
  #mark(incident) {
    const hasPlace = incident && incident.lon !== null && this.rules;
    this.view.setIncident(hasPlace ? featureOf(incident, /** @type {Rules} */ (this.rules)) : null);
    if (!hasPlace) return;
    if (this.moving !== undefined) lookAt(this, incident, this.moving);
    this.moving = undefined;
  }

  /** @param {any[]} events of the feed, in order */
  #follow(events) {
    const newest = new Map(events.map((one) => [one.number, one]));
    for (const event of newest.values()) this.sheet?.follow(event);
    this.herald.tell(events.filter((one) => one.kind === "reported" && !this.mine.has(one.number)));
    if (this.shell.panelOpen && this.shell.tab === "place") this.app.around.fill(this.app.answer, true);
    this.#look(LOOK_MS);
  }

  /** Look anew at what list, count and map show, soon. @param {number} wait ms @param {boolean} [all] also the open sheet */
  #look(wait, all = false) {
    if (all) this.sheet?.load();
    if (this.looking && wait) return;
    clearTimeout(this.looking);
    this.looking = window.setTimeout(async () => {
      const began = performance.now();
      this.looking = 0;
      const { panelOpen, tab } = this.shell;
      if (panelOpen && tab === "incidents" && this.mode === "list") this.list?.rows.refresh();
      await Promise.all([tellCounts(this), this.pins.look()]);
      this.lastsMs = performance.now() - began;
    }, restOf(wait, this.lastsMs));
  }
}
