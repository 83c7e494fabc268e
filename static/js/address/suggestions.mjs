/** What is typed, completed: a list below the box, by the pattern of a combobox. */

import { isStale } from "../api.mjs";
import { byId, el, icon } from "../dom.mjs";

/** Typing is mostly quicker than this; an answer mostly comes within it. */
const PAUSE_MS = 110;
const PATIENCE_MS = 300;
/** So long Enter waits for what is not offered yet. */
const ENTER_MS = 500;

export class SuggestionList {
  /**
   * @param {import("../i18n.mjs").Words} words
   * @param {{input: HTMLInputElement, form: HTMLElement,
   *   ask: (text: string, signal: AbortSignal) => Promise<any>, choose: (one: any) => void}} parts
   */
  constructor(words, { input, form, ask, choose }) {
    this.words = words;
    this.input = input;
    this.form = form;
    this.asking = ask;
    this.choose = choose;
    this.box = byId("search-box");
    this.list = byId("search-list");
    this.hint = byId("search-hint");
    this.count = byId("search-count");
    /** @type {any[]} */
    this.found = [];
    /** For what they are offered. */
    this.text = "";
    this.active = -1;
    this.timer = 0;
    /** @type {AbortController|null} */
    this.pending = null;
    input.addEventListener("keydown", (event) => this.#key(event));
    input.addEventListener("focusout", () => this.close());
    // The box keeps the focus; a click comes after it would have been lost.
    this.box.addEventListener("pointerdown", (/** @type {Event} */ event) => event.preventDefault());
  }

  get isOpen() {
    return !this.box.hidden;
  }

  /**
   * Offer what a text may become, after a moment in which nothing more is typed.
   * @param {string} text
   * @param {string} [but] an address that is not offered again
   */
  ask(text, but = "") {
    this.#giveUp();
    if (!text.trim()) {
      this.close();
      return;
    }
    this.timer = window.setTimeout(() => this.#ask(text, but), PAUSE_MS);
  }

  /** What is offered for a text: Enter may come before it. @param {string} text @returns {Promise<any[]>} */
  async offered(text) {
    if (this.text === text) return this.found;
    this.#giveUp();
    const late = new Promise((done) => { setTimeout(done, ENTER_MS, { suggestions: [] }); });
    const { suggestions } = await Promise.race([this.asking(text, AbortSignal.timeout(ENTER_MS)), late]).catch(() => ({ suggestions: [] }));
    return suggestions;
  }

  /** Offer these, the first one to be taken by the next Enter. @param {any[]} found */
  offer(found) {
    this.#show(found, this.words.t("suggest.pick"));
    this.#activate(0);
  }

  close() {
    this.#giveUp();
    this.text = "";
    this.#show([], "");
    this.box.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }

  #giveUp() {
    clearTimeout(this.timer);
    this.pending?.abort();
    this.pending = null;
    delete this.form.dataset.busy;
  }

  /** @param {string} text @param {string} but */
  async #ask(text, but) {
    const own = new AbortController();
    this.pending = own;
    const slow = setTimeout(() => { if (this.pending === own) this.form.dataset.busy = ""; }, PATIENCE_MS);
    try {
      const { suggestions } = await this.asking(text, own.signal);
      // An answer that was overtaken is nobody's any more.
      if (this.pending !== own) return;
      const found = suggestions.filter((/** @type {any} */ one) => one.address !== but);
      this.text = text;
      this.#show(found, this.words.t(but ? "suggest.go_on" : found.length ? "suggest.enter" : "suggest.none"));
      this.count.textContent = found.length ? this.words.t("suggest.count", { n: found.length }) : this.words.t("suggest.none");
    } catch (error) {
      if (isStale(error) || this.pending !== own) return;
      this.#show([], this.words.t("suggest.failed"), "bad");
    } finally {
      clearTimeout(slow);
      if (this.pending === own) this.#giveUp();
    }
  }

  /** @param {any[]} found @param {string} hint @param {"plain"|"bad"} [tone] */
  #show(found, hint, tone = "plain") {
    this.found = found;
    this.active = -1;
    this.input.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(...found.map((one, i) => this.#option(one, i)));
    this.list.hidden = !found.length;
    this.hint.textContent = hint;
    this.hint.dataset.tone = tone;
    this.count.textContent = "";
    this.box.hidden = false;
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    this.list.scrollTop = 0;
  }

  /** @param {any} one @param {number} i */
  #option(one, i) {
    const t = this.words.t.bind(this.words);
    const [start, stop] = one.match;
    const alias = one.alias ? [t(`suggest.why.${one.why}`), " ", ...marked(one.alias, start, stop)] : [];
    const below = [...alias, alias.length && one.area ? " · " : "", one.area];
    return el("li", { id: `search-option-${i}`, class: "option", role: "option", "aria-selected": "false", data: { kind: one.kind },
      on: { click: () => this.choose(one), pointermove: () => this.#activate(i, false) } },
      icon(`k-${one.kind}`),
      el("span", { class: "option-text" },
        el("span", { class: "option-name" }, ...(one.alias ? [one.name] : marked(one.name, start, stop))),
        below.some(Boolean) ? el("span", { class: "option-area" }, ...below.filter(Boolean)) : null),
      el("span", { class: "option-kind" }, t(`suggest.kind.${one.kind}`), sureness(one, t)));
  }

  /** @param {number} i @param {boolean} [scroll] */
  #activate(i, scroll = true) {
    if (i === this.active) return;
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = i;
    const option = this.list.children[i];
    if (!option) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    this.input.setAttribute("aria-activedescendant", option.id);
    if (scroll) option.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    const many = this.found.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!this.isOpen) {
        this.input.dispatchEvent(new InputEvent("input"));
        return;
      }
      if (!many) return;
      const step = event.key === "ArrowDown" ? 1 : -1;
      // Beyond both ends lies the text itself.
      const next = this.active + step;
      this.#activate(next < -1 ? many - 1 : next >= many ? -1 : next);
    } else if (event.key === "Enter" && this.active >= 0) {
      event.preventDefault();
      this.choose(this.found[this.active]);
    } else if (event.key === "Escape" && this.isOpen) {
      event.stopPropagation(); // the panel stays
      event.preventDefault();
      this.close();
    }
  }
}

/** Whether choosing it names one grid; of an address only. @param {any} one @param {(key: string) => string} t */
function sureness(one, t) {
  if (one.grid === undefined) return null;
  return el("span", { class: "option-sure", data: { sure: String(Boolean(one.grid)) }, text: t(one.grid ? "suggest.one_grid" : "suggest.more_grids") });
}

/** A text with the part that was typed set off. @param {string} text @param {number} start @param {number} stop */
function marked(text, start, stop) {
  if (stop <= start) return [text];
  return [text.slice(0, start), el("mark", { text: text.slice(start, stop) }), text.slice(stop)].filter(Boolean);
}
