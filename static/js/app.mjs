/** One question at a time: asked by click, key, search or address; answered in panel and map. */

import { actionsOf, CLOSE_ZOOM } from "./actions.mjs";
import { answerTo, isSettled, showOpen, zoomOf } from "./address/question.mjs";
import { isStale } from "./api.mjs";
import { tellOfEdition } from "./edition.mjs";
import { writeHash } from "./hash.mjs";
import { takePlace } from "./incidents/placing.mjs";
import { addressAnswer, addressSentence } from "./panel/address.mjs";
import { answerPane, answerSentence } from "./panel/answer.mjs";
import { Around } from "./panel/around.mjs";
import { gridPane } from "./panel/grid.mjs";
import { failurePane, failureText, overviewPane, waitingPane } from "./panel/panes.mjs";
import { askedBy, placeOf } from "./place.mjs";
import { accuracyM, marks } from "./questions.mjs";

/** How many pixels a click may be off. */
const CLICK_PX = 3;
/** Answers mostly come sooner than this; a skeleton would only flicker. */
const PATIENCE_MS = 140;

/** @typedef {import("./questions.mjs").Question} Question */

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
    /** The edition of the boundaries that is drawn, or that was told of. */
    this.edition = city.generation;
    this.shell = shell;
    this.view = view;
    this.readout = readout;
    /** @type {Question|null} */
    this.question = null;
    this.answer = /** @type {any} */ (null);
    this.failure = /** @type {any} */ (null);
    /** @type {import("./search.mjs").SearchBox|null} */
    this.search = null;
    /** @type {import("./incidents/desk.mjs").IncidentDesk|null} */
    this.desk = null;
    /** Takes corrections of what became of an address. @type {import("./address/corrections.mjs").Corrections|null} */
    this.corrections = null;
    /** What takes clicks instead, while it is on. @type {{isOn: boolean, takes: (event: any) => boolean}|null} */
    this.tool = null;
    /** What the menu of a place offers besides. @type {{name: string, label: string, mark: string, act: (place: {lon: number, lat: number}) => void}[]} */
    this.menuItems = [];
    /** What is around an answer. */
    this.around = new Around(this);
    /** Which topic is drawn, as the address keeps it; set by who knows. @type {() => string} */
    this.topicText = () => "";
    /** What is drawn by hand, as the address keeps it; set by who knows. @type {() => string} */
    this.shapeText = () => "";
    /** Where the operator named some. @type {import("./map/basemaps.mjs").Basemaps|null} */
    this.basemaps = null;
    /** @type {import("./keys.mjs").Keys|null} */
    this.keys = null;
    /** Called after a change of language, and of theme. @type {(() => void)[]} */
    this.translated = [];
    /** @type {(() => void)[]} */
    this.recoloured = [];
    /** One step back on Escape, before the panel is closed. @type {() => boolean} */
    this.stepBack = () => false;
    /** Fill the legend and the notes anew; set by who knows them. */
    this.fillPopovers = () => {};
    /** What is shown before anything was asked. */
    this.overview = () => overviewPane(this.city, this);
    this.actions = actionsOf(this);
  }

  /** Locate a place of the map. @param {{lon: number, lat: number}} point WGS-84 */
  locate({ lon, lat }) {
    if (this.corrections?.isPlacing) return this.corrections.at({ lon, lat });
    /** @type {Question} */
    const question = { kind: "point", lon, lat, datum: "wgs84", roughM: CLICK_PX * this.view.metresPerPixel(lat), by: "map" };
    return takePlace(this.desk, question) ?? this.ask(question);
  }

  /**
   * Ask, show that it was asked, show the answer. Who turns to something else meanwhile is not called back.
   * @param {Question} question @param {boolean} [aside] fill the tab of the place without turning to it
   */
  async ask(question, aside = false) {
    const before = { question: this.question, answer: this.answer, failure: this.failure };
    this.question = question;
    if (question.kind === "point" && question.datum === "wgs84" && question.by !== "search") {
      const point = { lon: Number(question.lon), lat: Number(question.lat) };
      this.view.mark(point, true);
    }
    const { show, isHeld } = this.shell.held(aside);
    const waiting = setTimeout(() => show(waitingPane(this)), PATIENCE_MS);
    try {
      const answer = await this.#answerTo(question);
      clearTimeout(waiting);
      this.answer = answer;
      this.failure = null;
      this.#render(show);
      this.#show(answer, question, isHeld());
      tellOfEdition(this, answer.generation);
    } catch (error) {
      clearTimeout(waiting);
      if (isStale(error)) return;
      this.#fail(error, question, before, show);
    }
    this.writeAddress();
  }

  /** @param {Question} question */
  #answerTo(question) {
    if (question.kind === "point") return this.api.locate({ ...question, accuracyM: accuracyM(question) });
    if (question.kind === "grid") return this.api.grid(question.code, question.level);
    return answerTo(this.api, (text, signal) => /** @type {any} */ (this.desk).calls.assign(text, signal), question);
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
    this.#unmark();
    this.readout?.tell(null, "");
  }

  #unmark() {
    this.view.mark(null);
    this.view.number([]);
    this.view.highlight({});
    this.view.focus(null);
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
    if (tab === "place" && panelOpen) this.#render((pane) => this.shell.fillPane(pane));
  }

  /** After a change of language. */
  async translate() {
    const { question, answer } = this;
    if (!question || !answer) return this.refreshPlace();
    const said = await this.#answerTo(question).catch(() => null);
    // The map holds no words of it; what cannot be had in the other language stays as it is.
    if (this.question !== question) return undefined;
    this.answer = said ?? answer;
    return this.#render((pane) => this.shell.fillPane(pane));
  }

  /**
   * Ask what an address names.
   * @param {import("./hash.mjs").Place} place
   * @returns {boolean} whether it names a point, grid, address or incident, or the list of incidents
   */
  followAddress(place) {
    const { incident, centre, filters, list, report } = place;
    const question = askedBy(place, this.city);
    this.desk?.filter(filters);
    if (this.desk) this.desk.resuming = report;
    // The incident is what was seen last; the place beside it is asked for when it is turned to.
    if (incident && this.desk) this.desk.open(incident, { go: !centre, focus: false });
    else if (question) this.ask(question);
    else if (list) this.desk?.show();
    return Boolean(question || (this.desk && (incident || list)));
  }

  /** Keep view and question in the address. */
  writeAddress() {
    history.replaceState(null, "", writeHash(placeOf(this)));
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

  /** @param {(pane: HTMLElement) => void} [show] */
  #render(show = (pane) => this.shell.showPane(pane)) {
    if (this.failure) show(failurePane(this.failure, this));
    else if (!this.answer || !this.question) show(this.overview());
    else if (this.question.kind === "address") show(addressAnswer(this.answer, this));
    else if (this.question.kind === "grid") show(gridPane(this.answer, this));
    else show(answerPane(this.answer, { ...this, roughM: this.question.roughM, head: this.question.head?.() }));
    if (!this.failure) this.around.fill(this.answer);
  }

  /** @param {any} answer @param {Question} question @param {boolean} mayMove whether the map still belongs to the question */
  #show(answer, question, mayMove) {
    this.view.number([]);
    if (question.kind === "grid") return this.#showGrid(answer, mayMove);
    if (question.kind === "point") return this.#showPoint(answer, question.by === "search" && mayMove ? CLOSE_ZOOM : null, mayMove);
    const moves = mayMove && question.by !== "address";
    if (isSettled(answer)) return this.#showPoint(answer, moves ? zoomOf(answer) : null, mayMove);
    this.readout?.tell(null, "");
    showOpen(this.view, answer, this.actions.pick, moves);
    this.shell.announce(addressSentence(answer, this.words));
    return undefined;
  }

  /** @param {any} answer @param {number|null} zoom how close to go there, null to stay @param {boolean} mayMove */
  #showPoint(answer, zoom, mayMove) {
    this.view.mark(answer);
    this.view.highlight(marks(answer));
    this.view.focus(answer.grid?.geometry ?? null);
    const finest = answer.chain.at(-1);
    this.readout?.tell(answer, finest?.code ?? "");
    this.outline();
    if (zoom !== null) this.view.go(answer, zoom);
    else if (mayMove) this.view.reveal(answer);
    this.shell.announce(answer.grid ? addressSentence(answer, this.words) : answerSentence(answer, this.words));
  }

  /** Outline the located grid where no tile holds it. */
  async outline() {
    const answer = this.answer;
    const finest = this.question?.kind === "point" ? answer?.chain.at(-1) : null;
    if (!finest || this.view.hasTiles) return;
    const grid = await this.api.gridAside(finest.code, finest.level).catch(() => null);
    if (grid && this.answer === answer) this.view.focus(grid.geometry);
  }

  /** @param {any} grid @param {boolean} mayMove */
  #showGrid(grid, mayMove) {
    this.view.mark(null);
    this.view.highlight({});
    this.view.focus(grid.geometry);
    this.readout?.tell(null, grid.code);
    if (mayMove) this.view.fit(grid.bounds);
    this.shell.announce(`${grid.level_name} ${grid.name}`);
  }

  /**
   * @param {any} error @param {Question} question
   * @param {{question: any, answer: any, failure: any}} before @param {(pane: HTMLElement) => void} show
   */
  #fail(error, question, before, show) {
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
    this.#unmark();
    if (question.kind === "point" && question.by !== "search") {
      this.view.mark({ lon: Number(question.lon), lat: Number(question.lat) });
    }
    this.failure = error;
    this.#render(show);
    this.shell.announce(`${this.words.t("error.title")} ${message}`);
  }
}
