/** Lines and areas drawn on the map: by clicks or with Enter at the cross, ended by a double click or Enter again. */

import { byId, el } from "../dom.mjs";
import { metres } from "../i18n.mjs";
import { NOTHING } from "../map/style.mjs";
import { areaM2, areaText, drawing, lengthM, readShape, shapeText } from "./geometry.mjs";

/** A second click so near and so soon ends the drawing. */
const AGAIN_PX = 6;
const AGAIN_MS = 450;

/** @typedef {"line"|"area"|"enclose"} Purpose */

export class Pen {
  /**
   * @param {import("../app.mjs").App} app
   * @param {(ring: [number, number][], fit: boolean) => void} enclose asked what is in a ring, and whether the map is to show it
   */
  constructor(app, enclose) {
    this.app = app;
    this.enclose = enclose;
    /** @type {Purpose} */
    this.purpose = "line";
    this.isOn = false;
    /** @type {[number, number][]} */
    this.places = [];
    /** When the last place was set, by `performance.now()`. */
    this.setAt = 0;
    /** Whether the last place came from the mouse, and the map was not moved by keys since. */
    this.byMouse = false;
    this.bar = byId("pen");
    app.tool = this;
    document.addEventListener("keydown", (event) => this.#key(event), true);
  }

  /** @param {Purpose} purpose @param {[number, number][]} [places] */
  begin(purpose, places = []) {
    const { view, shell } = this.app;
    if (!view.map) return;
    shell.closePopovers();
    this.purpose = purpose;
    this.places = places;
    this.isOn = true;
    this.byMouse = false;
    view.map.doubleClickZoom.disable();
    view.map.getCanvas().style.cursor = "crosshair";
    document.documentElement.dataset.pen = purpose;
    view.map.getCanvas().focus({ preventScroll: true });
    this.#draw();
  }

  /** Take a click of the map, if it is meant for the pen. @param {any} event @returns {boolean} */
  takes(event) {
    if (!this.isOn) return false;
    const now = performance.now();
    const byKey = event.originalEvent?.type === "keydown";
    const again = this.#isNear(event.point) && (now - this.setAt < AGAIN_MS || byKey);
    // Whoever draws with the mouse does not see the cross: Enter says that it is done.
    if (again || (byKey && this.byMouse)) this.end();
    else {
      this.setAt = now;
      this.byMouse = !byKey;
      this.places.push([event.lngLat.lng, event.lngLat.lat]);
      this.#draw();
    }
    return true;
  }

  /** What was drawn is done. */
  end() {
    const { purpose, places } = this;
    const enough = places.length >= (purpose === "line" ? 2 : 3);
    if (!enough) return;
    this.isOn = false;
    this.#release();
    if (purpose === "enclose") {
      this.bar.hidden = true;
      this.enclose(places, true);
    } else this.#draw();
    this.app.writeAddress();
  }

  /** What is drawn and done with, as the address keeps it. */
  get text() {
    return this.isOn || !this.places.length ? "" : shapeText(this.purpose, this.places);
  }

  /** Show what an address says, or nothing; the map is where the address says. @param {string} text */
  follow(text) {
    if (text === this.text || !this.app.view.map) return;
    const found = readShape(text);
    this.isOn = false;
    this.purpose = found?.purpose ?? "line";
    this.places = found?.places ?? [];
    if (!found) return this.clear();
    if (found.purpose !== "enclose") return this.#draw();
    this.bar.hidden = true;
    this.#put(drawing(this.places, "area"));
    return this.enclose(this.places, false);
  }

  /** Take it off the map. */
  clear() {
    this.isOn = false;
    this.places = [];
    this.#release();
    this.bar.hidden = true;
    this.#put(NOTHING);
    this.app.writeAddress();
  }

  /** Take a measurement that is done off the map. @returns {boolean} whether there was one */
  wipe() {
    if (this.bar.hidden || this.isOn) return false;
    this.clear();
    return true;
  }

  #release() {
    const { view } = this.app;
    // The double click that ended it must not zoom as well.
    setTimeout(() => view.map?.doubleClickZoom.enable(), AGAIN_MS);
    view.map.getCanvas().style.cursor = "";
    delete document.documentElement.dataset.pen;
    this.setAt = 0;
  }

  /** Whether the last place is at a pixel now: with keys the map moves below a cross that stays. @param {{x: number, y: number}} pixel */
  #isNear({ x, y }) {
    const last = this.places.at(-1);
    if (!last) return false;
    const there = this.app.view.map.project(last);
    return Math.hypot(x - there.x, y - there.y) < AGAIN_PX;
  }

  /** What was measured, in words. */
  get told() {
    if (this.purpose === "line") return metres(lengthM(this.places));
    const ring = this.places.length > 2 ? [...this.places, this.places[0]] : this.places;
    return `${areaText(areaM2(this.places))} · ${metres(lengthM(ring))}`;
  }

  #draw() {
    const t = this.app.words.t.bind(this.app.words);
    this.#put(drawing(this.places, this.purpose === "line" ? "line" : "area"));
    this.bar.hidden = false;
    /** @param {string} name @param {string} text @param {() => void} act @param {boolean} [strong] */
    const button = (name, text, act, strong = false) => el("button", { type: "button", class: strong ? "button button-strong" : "button", name: `pen-${name}`, text, on: { click: act } });
    const enough = this.places.length >= (this.purpose === "line" ? 2 : 3);
    this.bar.replaceChildren(
      el("strong", { class: "pen-told", text: this.places.length > 1 ? this.told : t(`pen.${this.purpose}`) }),
      this.isOn ? el("span", { class: "faint", text: t("pen.hint") }) : el("span"),
      this.isOn && this.places.length ? button("back", t("pen.back"), () => this.#undo()) : el("span"),
      this.isOn && enough ? button("end", t("pen.end"), () => this.end(), true) : el("span"),
      this.isOn ? el("span") : button("copy", t("pen.copy"), () => this.app.copy(this.told, this.told)),
      button("clear", t("pen.clear"), () => this.clear()));
    if (this.places.length > 1) this.app.shell.announce(this.told);
  }

  #undo() {
    this.places.pop();
    this.#draw();
  }

  /** @param {any} data */
  #put(data) {
    const { view } = this.app;
    if (view.map) view.setWork(data);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (this.isOn && event.key.startsWith("Arrow")) this.byMouse = false;
    if (!this.isOn || /** @type {Element} */ (event.target).closest?.("input, textarea, select")) return;
    if (event.key === "Escape") this.clear();
    else if (event.key === "Backspace") this.#undo();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
