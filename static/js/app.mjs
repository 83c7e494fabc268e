/** One question at a time: asked by click, key, search or address; answered in panel and map. */

import { isStale } from "./api.mjs";
import { writeHash } from "./hash.mjs";
import { NEAR_M, answerPane, answerSentence } from "./panel/answer.mjs";
import { gridPane } from "./panel/grid.mjs";
import { failurePane, failureText, overviewPane, waitingPane } from "./panel/panes.mjs";

/** How many pixels a click may be off, and up to where that is asked as accuracy. */
const CLICK_PX = 3;
const MOST_ACCURACY_M = 50;
const CLOSE_ZOOM = 16;
/** Answers mostly come sooner than this; a skeleton would only flicker. */
const PATIENCE_MS = 140;

/**
 * @typedef {object} PointQuestion
 * @property {"point"} kind
 * @property {number|string} lon
 * @property {number|string} lat
 * @property {string} datum
 * @property {number} roughM how far off the point may be, metres
 * @property {"map"|"search"|"address"} by
 */
/** @typedef {{kind: "grid", code: string, level?: string, by: "map"|"search"|"address"}} GridQuestion */

export class App {
  /**
   * @param {{api: import("./api.mjs").Api, words: import("./i18n.mjs").Words, city: any,
   *   shell: import("./shell.mjs").Shell, view: any, readout: import("./readout.mjs").Readout|null}} parts
   *   `view` is a MapView or its stand-in
   */
  constructor({ api, words, city, shell, view, readout }) {
    this.api = api;
    this.words = words;
    this.city = city;
    this.shell = shell;
    this.view = view;
    this.readout = readout;
    /** @type {PointQuestion|GridQuestion|null} */
    this.question = null;
    /** @type {any} */
    this.answer = null;
    /** @type {any} */
    this.failure = null;
    /** @type {import("./search.mjs").SearchBox|null} */
    this.search = null;
    /** @type {import("./incidents/desk.mjs").IncidentDesk|null} */
    this.desk = null;
    /** Fill the legend and the notes anew; set by who knows them. */
    this.fillPopovers = () => {};
    this.actions = {
      showGrid: (/** @type {string} */ code, /** @type {string|undefined} */ level) => this.showGrid(code, level),
      openGrid: (/** @type {string} */ code, /** @type {string|undefined} */ level) =>
        this.ask({ kind: "grid", code, level, by: "map" }),
      copy: (/** @type {string} */ text, /** @type {string} */ what) => this.copy(text, what),
      retry: () => this.question && this.ask(this.question),
      zoomIn: () => this.answer && view.go(this.answer, CLOSE_ZOOM + 1),
      share: () => this.copy(location.href, words.t("answer.share")),
      report: () => this.desk?.report(this.answer, this.question?.kind === "point" ? this.question.roughM : 0),
      mayReport: () => this.desk?.may("report") ?? false,
    };
  }

  /** Locate a place of the map. @param {{lon: number, lat: number}} point WGS-84 */
  locate({ lon, lat }) {
    return this.ask({ kind: "point", lon, lat, datum: "wgs84", roughM: CLICK_PX * this.view.metresPerPixel(lat), by: "map" });
  }

  /**
   * Ask, show that it was asked, show the answer.
   * @param {PointQuestion|GridQuestion} question
   */
  async ask(question) {
    const before = { question: this.question, answer: this.answer, failure: this.failure };
    this.question = question;
    if (question.kind === "point" && question.datum === "wgs84" && question.by !== "search") {
      const point = { lon: Number(question.lon), lat: Number(question.lat) };
      this.view.mark(point, true);
    }
    const waiting = setTimeout(() => this.shell.showPane(waitingPane(this)), PATIENCE_MS);
    try {
      const answer = question.kind === "point"
        ? await this.api.locate({ ...question, accuracyM: accuracyM(question) })
        : await this.api.grid(question.code, question.level);
      clearTimeout(waiting);
      this.answer = answer;
      this.failure = null;
      this.#render();
      if (question.kind === "point") this.#showPoint(answer, question);
      else this.#showGrid(answer);
    } catch (error) {
      clearTimeout(waiting);
      if (isStale(error)) return;
      this.#fail(error, question, before);
    }
    this.writeAddress();
  }

  /** Put a grid on the map; the panel stays. @param {string} code @param {string} [level] */
  async showGrid(code, level) {
    try {
      const grid = await this.api.gridAside(code, level);
      this.view.focus(grid.geometry);
      this.view.fit(grid.bounds);
      for (const item of this.shell.panel.querySelectorAll("[data-code]")) {
        if (item.dataset.code === code) item.setAttribute("aria-current", "true");
        else item.removeAttribute("aria-current");
      }
      this.shell.announce(grid.name);
    } catch (error) {
      const retry = { label: this.words.t("error.retry"), action: () => this.showGrid(code, level) };
      this.shell.toast(failureText(error, this.words).message, retry);
    }
  }

  /** Forget the question, and take its answer off the map. */
  forget() {
    this.api.giveUp();
    this.question = this.answer = this.failure = null;
    this.view.mark(null);
    this.view.highlight({});
    this.view.focus(null);
    this.readout?.tell(null, "");
  }

  /** Close the panel and forget the question. */
  close() {
    this.forget();
    this.desk?.close();
    this.shell.setPanel(false);
    this.writeAddress();
  }

  /** Show the panel with what there is, or hide it. */
  togglePanel() {
    if (this.shell.panelOpen && this.shell.tab === "place") this.shell.setPanel(false);
    else this.showPlace();
  }

  /** Show what was asked last, or the overview. */
  showPlace() {
    this.#render();
    this.writeAddress();
  }

  /** Say anew what the panel of the place says, without turning to it. */
  refreshPlace() {
    const { tab, panelOpen } = this.shell;
    if (tab === "place" && panelOpen) this.#render();
  }

  /** After a change of language. */
  async translate() {
    if (this.question && this.answer) await this.ask({ ...this.question, by: this.question.by === "search" ? "address" : this.question.by });
    else this.refreshPlace();
  }

  /**
   * Ask what an address names.
   * @param {import("./hash.mjs").Place} place
   * @returns {boolean} whether it names a point, grid or incident
   */
  followAddress({ point, grid, incident, centre }) {
    // The incident is what was seen last; the place beside it is asked for when it is turned to.
    if (incident && this.desk) this.desk.open(incident, { go: !centre, focus: false });
    else if (point) this.ask({ kind: "point", ...point, datum: "wgs84", roughM: 0, by: "address" });
    else if (grid) this.ask({ kind: "grid", code: grid, by: "address" });
    return Boolean(point || grid || (incident && this.desk));
  }

  /** Keep view and question in the address. */
  writeAddress() {
    const incident = this.desk?.shown ?? null;
    const centre = this.view.map?.getCenter();
    const isPoint = !incident && this.question?.kind === "point" && this.answer;
    history.replaceState(null, "", writeHash({
      zoom: this.view.map?.getZoom() ?? null,
      centre: centre ? { lon: centre.lng, lat: centre.lat } : null,
      point: isPoint ? { lon: this.answer.lon, lat: this.answer.lat } : null,
      grid: !incident && this.question?.kind === "grid" ? this.question.code : null,
      incident,
    }));
  }

  /** @param {string} text @param {string} what */
  async copy(text, what) {
    try {
      await navigator.clipboard.writeText(text);
      this.shell.toast(this.words.t("copy.done", { what }));
    } catch {
      this.shell.toast(this.words.t("copy.failed"));
    }
  }

  #render() {
    if (this.failure) this.shell.showPane(failurePane(this.failure, this));
    else if (!this.answer || !this.question) this.shell.showPane(overviewPane(this.city, this));
    else if (this.question.kind === "grid") this.shell.showPane(gridPane(this.answer, this));
    else this.shell.showPane(answerPane(this.answer, { ...this, roughM: this.question.roughM }));
  }

  /** @param {any} answer @param {PointQuestion} question */
  #showPoint(answer, question) {
    this.view.mark(answer);
    this.view.highlight(marks(answer));
    this.view.focus(null);
    const finest = answer.chain.at(-1);
    this.readout?.tell(answer, finest?.code ?? "");
    this.outline();
    if (question.by === "search") this.view.go(answer, CLOSE_ZOOM);
    else this.view.reveal(answer);
    this.shell.announce(answerSentence(answer, this.words));
  }

  /** Outline the located grid where no tile holds it. */
  async outline() {
    const answer = this.answer;
    const finest = this.question?.kind === "point" ? answer?.chain.at(-1) : null;
    if (!finest || this.view.hasTiles) return;
    const grid = await this.api.gridAside(finest.code, finest.level).catch(() => null);
    if (grid && this.answer === answer) this.view.focus(grid.geometry);
  }

  /** @param {any} grid */
  #showGrid(grid) {
    this.view.mark(null);
    this.view.highlight({});
    this.view.focus(grid.geometry);
    this.readout?.tell(null, grid.code);
    this.view.fit(grid.bounds);
    this.shell.announce(`${grid.level_name} ${grid.name}`);
  }

  /**
   * @param {any} error @param {PointQuestion|GridQuestion} question
   * @param {{question: any, answer: any, failure: any}} before
   */
  #fail(error, question, before) {
    const { message, hint } = failureText(error, this.words);
    // What was typed is wrong: say so where it was typed, and leave the map as it was.
    if (question.by === "search" && error?.kind === "server" && error.status < 500) {
      Object.assign(this, before);
      this.search?.say([message, hint].filter(Boolean).join("\n"), "bad");
      this.refreshPlace();
      return;
    }
    this.answer = null;
    if (question.by !== "map") this.readout?.tell(null, ""); // the pointer is where it was
    this.view.highlight({});
    this.view.focus(null);
    if (question.kind === "point" && question.by !== "search") {
      this.view.mark({ lon: Number(question.lon), lat: Number(question.lat) });
    }
    this.failure = error;
    this.#render();
    this.shell.announce(`${this.words.t("error.title")} ${message}`);
  }
}

/** What of a click's roughness is asked as accuracy. @param {PointQuestion} question */
function accuracyM({ roughM }) {
  return roughM <= MOST_ACCURACY_M ? Math.round(roughM * 10) / 10 : 0;
}

/** Which grids an answer marks. @param {any} answer */
function marks(answer) {
  const finest = answer.chain.at(-1);
  if (!finest) return {};
  const selected = [...answer.chain, ...answer.overlays.map((/** @type {any} */ one) => ({ level: one.overlay, code: one.code }))];
  const beside = answer.alternatives.map((/** @type {any} */ one) => one.code);
  if (answer.neighbour && (answer.status !== "inside" || answer.border_m < NEAR_M)) beside.push(answer.neighbour.code);
  const near = [...new Set(beside)].filter((code) => code !== finest.code).map((code) => ({ level: finest.level, code }));
  return { selected, near };
}
