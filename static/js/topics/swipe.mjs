/** Two periods beside each other: a second map over the first, cut off at a line that is dragged. */

import { byId, el } from "../dom.mjs";
import { addImage } from "../map/images.mjs";
import { buildStyle } from "../map/style.mjs";
import { SOURCE } from "../map/source.mjs";
import { figuresOf, zeroColour } from "./figures.mjs";
import { COLOUR, colourOf, marksOf } from "./layer.mjs";
import { besideOf, periodText } from "./spec.mjs";

const STEP = 2;

export class Swipe {
  /** @param {import("./board.mjs").Board} board */
  constructor(board) {
    this.board = board;
    this.view = board.app.view;
    this.at = 50;
    /** @type {any} */
    this.map = null;
    /** What its grids are coloured by. @type {import("./figures.mjs").Figures|null} */
    this.figures = null;
    this.isReady = false;
    /** How grids are coloured, by level. @type {Record<string, import("./layer.mjs").Fill>} */
    this.fills = {};
    this.shown = "";
    this.box = el("div", { class: "swipe-map", "aria-hidden": "true" });
    // Who cannot drag has each of the two whole by a click on its days.
    this.labels = [["left", 100], ["right", 0]].map(([side, at]) => el("button", { type: "button", class: `swipe-label swipe-${side}`, on: { click: () => this.#put(Number(at)) } }));
    this.line = el("div", { class: "swipe-line", role: "slider", tabindex: "0", "aria-valuemin": 0, "aria-valuemax": 100, on: {
      pointerdown: (/** @type {PointerEvent} */ event) => this.line.setPointerCapture(event.pointerId),
      pointermove: (/** @type {PointerEvent} */ event) => {
        if (!this.line.hasPointerCapture(event.pointerId)) return;
        const box = byId("map").getBoundingClientRect();
        this.#put(((event.clientX - box.left) / box.width) * 100);
      },
      keydown: (/** @type {KeyboardEvent} */ event) => {
        const by = { ArrowLeft: -STEP, ArrowRight: STEP, Home: -100, End: 100 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        this.#put(this.at + by);
      },
    } });
    board.listeners.push(() => this.fill());
  }

  /** Show, change or take away the second map. */
  async fill() {
    const { board } = this;
    const { topic, figures, app } = board;
    const wanted = topic?.besideFrom && figures ? [JSON.stringify(topic), app.words.language, this.view.look.theme].join() : "";
    if (wanted === this.shown || board.busy) return;
    this.shown = wanted;
    if (!wanted || !topic || !figures) return this.#clear();
    try {
      const fixed = figures.edges.length ? figures.edges : null;
      const beside = besideOf(topic, board.whole?.period?.from ?? topic.from);
      const asked = { ...topic, ...beside, month: "" };
      // A density is asked for with the classes of the other, figures are classed here.
      const answer = await board.ask(asked, undefined, fixed ?? undefined);
      if (this.shown !== wanted) return;
      this.#draw(figuresOf(asked, answer, board.context(), fixed));
      const t = app.words.t.bind(app.words);
      this.labels[0].textContent = figures.period ? periodText(figures.period) : "";
      this.labels[1].textContent = periodText(beside);
      this.line.setAttribute("aria-label", t("topic.swipe"));
    } catch (error) {
      console.info("no second period:", error);
      this.#clear();
      app.shell.toast(app.words.t("topic.failed"));
    }
  }

  /** @param {import("./figures.mjs").Figures} figures */
  #draw(figures) {
    const { view } = this;
    this.figures = figures;
    if (figures.form === "grids") this.fills = { ...this.fills, [figures.level]: { colours: figures.colours, zero: zeroColour(this.board.palette, view.look.theme === "dark") } };
    const style = this.#style(figures);
    const parent = /** @type {HTMLElement} */ (byId("map").parentElement);
    if (!this.map) {
      byId("map").after(this.box, ...this.labels, this.line);
      this.map = new view.gl.Map({ container: this.box, style, interactive: false, attributionControl: false, fadeDuration: 0, ...this.#camera() });
      this.map.setMissingStyleImageResolver((/** @type {string} */ id) => addImage(this.map, id, this.board.palette));
      this.follow = () => this.map.jumpTo(this.#camera());
      view.map.on("move", this.follow);
      parent.dataset.swipe = "";
      this.map.once("style.load", () => {
        this.isReady = true;
        this.restyle(); // what came in meanwhile
        this.#paint();
      });
      view.twin = this;
      this.#put(this.at);
    } else this.restyle();
    if (this.isReady) this.#paint();
  }

  /** Show what the map shows now, coloured by the other figures. */
  restyle() {
    if (!this.isReady || !this.figures) return;
    this.map.setStyle(this.#style(this.figures), { diff: true });
  }

  /** @param {import("./figures.mjs").Figures} figures */
  #style(figures) {
    const { view } = this;
    const drawn = { form: figures.form, level: figures.level, colours: figures.colours, fills: this.fills, bands: figures.bands, ...marksOf(figures) };
    return buildStyle(view.city, view.tilesUrl, { ...view.look, drawn });
  }

  /** Tell the second map the colour of every grid, at once: where only the figures are others, it never gets idle anew. */
  #paint() {
    const { figures } = this;
    if (!this.view.hasTiles) return;
    if (figures?.form !== "grids") return this.view.remark();
    this.map.removeFeatureState({ source: SOURCE, sourceLayer: figures.level });
    for (const row of figures.rows) {
      const colour = colourOf(this.fills[figures.level], row);
      if (colour) this.map.setFeatureState({ source: SOURCE, sourceLayer: figures.level, id: row.code }, { [COLOUR]: colour });
    }
    this.view.remark();
  }

  #camera() {
    const { map } = this.view;
    return { center: map.getCenter(), zoom: map.getZoom(), bearing: map.getBearing(), pitch: map.getPitch() };
  }

  /** @param {number} at percent of the width */
  #put(at) {
    this.at = Math.min(Math.max(at, 2), 98);
    this.box.style.clipPath = `inset(0 0 0 ${this.at}%)`;
    this.line.style.left = `${this.at}%`;
    this.line.setAttribute("aria-valuenow", String(Math.round(this.at)));
  }

  #clear() {
    if (!this.map) return;
    this.view.map.off("move", this.follow);
    this.view.twin = null;
    this.map.remove();
    this.map = null;
    this.figures = null;
    this.isReady = false;
    this.fills = {};
    for (const one of [this.box, ...this.labels, this.line]) one.remove();
    delete (/** @type {HTMLElement} */ (byId("map").parentElement).dataset.swipe);
  }
}
