/** The bar below the map: from month to month, played or by hand, and two periods beside each other. */

import { byId, el, icon, stillness } from "../dom.mjs";
import { yearBefore } from "./spec.mjs";

/** How long a month is looked at while it plays. */
const STEP_MS = 1100;

export class TimeBar {
  /** @param {import("./board.mjs").Board} board */
  constructor(board) {
    this.board = board;
    this.box = byId("timebar");
    this.playing = 0;
    this.seek = 0;
    board.listeners.push(() => this.fill());
  }

  /** Write the bar for what is drawn. */
  fill() {
    const { board } = this;
    const { months, topic, app } = board;
    const t = app.words.t.bind(app.words);
    this.box.hidden = !topic || months.length < 2;
    if (this.box.hidden) return this.stop();
    const at = topic?.month ? months.indexOf(topic.month) + 1 : 0;
    const label = at ? board.told(months[at - 1]) : t("topic.whole");
    const known = this.box.querySelector("input");
    if (known && this.box.dataset.months === months.join() && this.box.dataset.words === app.words.language) {
      if (document.activeElement !== known || !this.seek) known.value = String(at);
      known.setAttribute("aria-valuetext", label);
      /** @type {HTMLElement} */ (this.box.querySelector(".time-label")).textContent = label;
      this.#mark();
      return undefined;
    }
    this.box.dataset.months = months.join();
    this.box.dataset.words = app.words.language;
    this.box.setAttribute("aria-label", t("topic.time"));
    this.box.replaceChildren(
      el("button", { type: "button", class: "icon-button", name: "time-play", on: { click: () => (this.playing ? this.stop() : this.play()) } }),
      el("input", { type: "range", name: "time-month", min: 0, max: months.length, step: 1, value: String(at), "aria-label": t("topic.month"), "aria-valuetext": label, on: {
        input: (/** @type {any} */ event) => {
          this.stop();
          const wanted = Number(event.target.value);
          clearTimeout(this.seek);
          this.seek = window.setTimeout(() => {
            this.seek = 0;
            this.go(wanted);
          }, 60);
          /** @type {HTMLElement} */ (this.box.querySelector(".time-label")).textContent = wanted ? board.told(months[wanted - 1]) : t("topic.whole");
        },
      } }),
      el("output", { class: "time-label", text: label }),
      el("button", { type: "button", class: "chip", name: "time-beside", text: t("topic.beside"), on: { click: () => this.#beside() } }));
    this.#mark();
    return undefined;
  }

  /** @param {number} at 0 for the whole period */
  go(at) {
    return this.board.change({ month: at ? this.board.months[at - 1] : "" });
  }

  /** From where it is to the end, once. */
  async play() {
    const { months, topic } = this.board;
    const at = topic?.month ? months.indexOf(topic.month) + 1 : 0;
    let next = at >= months.length ? 1 : at + 1;
    const step = async () => {
      await this.go(next);
      next += 1;
      if (this.playing && next <= months.length) this.playing = window.setTimeout(step, stillness() ? 2 * STEP_MS : STEP_MS);
      else this.stop();
    };
    this.playing = window.setTimeout(step, 0);
    this.#mark();
  }

  stop() {
    clearTimeout(this.playing);
    this.playing = 0;
    this.#mark();
  }

  #beside() {
    const { topic, whole } = this.board;
    const { from, to } = whole?.period ?? { from: "", to: "" };
    if (!topic || !from) return;
    this.stop();
    this.board.change(topic.besideFrom ? { besideFrom: "", besideTo: "" } : { month: "", besideFrom: yearBefore(from), besideTo: yearBefore(to) });
  }

  #mark() {
    const button = this.box.querySelector('[name="time-play"]');
    if (!button) return;
    const text = this.board.app.words.t(this.playing ? "topic.pause" : "topic.play");
    button.replaceChildren(icon(this.playing ? "pause" : "play"));
    button.setAttribute("aria-label", text);
    this.box.querySelector('[name="time-beside"]')?.setAttribute("aria-pressed", String(Boolean(this.board.topic?.besideFrom)));
  }
}
