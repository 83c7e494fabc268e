/**
 * A list of any length of which only what is seen is in the page. Rows come in pages from the
 * server; arrow keys go through them.
 */

import { el } from "../dom.mjs";
import { isStale } from "../api.mjs";

const ROW_PX = 78;
const PAGE = 60;
/** Rows above and below what is seen. */
const SPARE = 6;

export class Rows {
  /**
   * @param {{load: (after: number, limit: number, signal: AbortSignal) => Promise<{incidents: any[], total: number}>,
   *   row: (incident: any) => Node[], describe: (incident: any) => string, open: (incident: any) => void,
   *   settled: (error: any) => void, label: string}} parts
   *   `settled` is called after each load, with what went wrong if anything did
   */
  constructor(parts) {
    this.parts = parts;
    /** @type {Map<number, any[]>} */
    this.pages = new Map();
    this.loading = /** @type {Map<number, AbortController>} */ (new Map());
    this.total = 0;
    /** The row that Tab goes to. */
    this.active = 0;
    /** Whether the focus waits for a row that is on its way. */
    this.seeking = false;
    /** How far it is scrolled; taken out of the page it would forget. */
    this.scrolled = 0;
    this.current = /** @type {string|null} */ (null);
    this.fresh = /** @type {Set<string>} */ (new Set());
    this.list = el("ol", { class: "inc-rows", role: "list", "aria-label": parts.label, on: { keydown: (/** @type {any} */ event) => this.#key(event) } });
    this.element = el("div", { class: "inc-scroll", tabindex: "-1", on: { scroll: () => {
      this.scrolled = this.element.scrollTop;
      this.#draw();
    } } }, this.list);
    this.sight = new ResizeObserver(() => this.#draw());
    this.sight.observe(this.element);
  }

  /** Ask anew for what is seen; what was there stays until the answer comes. @param {boolean} [top] go to the first row */
  refresh(top = false) {
    for (const one of this.loading.values()) one.abort();
    this.loading.clear();
    if (top) {
      this.element.scrollTop = this.scrolled = 0;
      this.active = 0;
    }
    const [first, last] = this.#window();
    const from = Math.floor(first / PAGE);
    const to = Math.floor(Math.max(first, last - 1) / PAGE);
    for (const index of this.pages.keys()) if (index < from || index > to) this.pages.delete(index);
    for (let index = from; index <= to; index += 1) this.#load(index);
  }

  /** Mark the row of the incident that is shown. @param {string|null} number */
  setCurrent(number) {
    this.current = number;
    this.#draw();
  }

  /** @param {number} index of a page */
  async #load(index) {
    const own = new AbortController();
    this.loading.set(index, own);
    try {
      const answer = await this.parts.load(index * PAGE, PAGE, own.signal);
      this.loading.delete(index);
      this.pages.set(index, answer.incidents);
      this.total = answer.total;
      this.parts.settled(null);
      this.#draw();
    } catch (error) {
      if (isStale(error)) return;
      this.loading.delete(index);
      this.parts.settled(error);
    }
  }

  /** @returns {[number, number]} rows to draw, the last not included */
  #window() {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / ROW_PX) - SPARE);
    return [first, Math.ceil((scrollTop + clientHeight) / ROW_PX) + SPARE];
  }

  #draw() {
    if (!this.element.isConnected) return;
    const [first, end] = this.#window();
    const last = Math.min(end, this.total);
    this.active = Math.min(this.active, Math.max(0, this.total - 1));
    const held = /** @type {any} */ (document.activeElement)?.dataset?.index;
    this.list.style.height = `${this.total * ROW_PX}px`;
    const items = [];
    for (let i = first; i < last; i += 1) {
      const page = Math.floor(i / PAGE);
      const incident = this.pages.get(page)?.[i % PAGE];
      if (!incident && !this.pages.has(page) && !this.loading.has(page)) this.#load(page);
      items.push(this.#item(incident, i));
    }
    this.list.replaceChildren(...items);
    if (held !== undefined || this.seeking) this.#focus(this.active);
  }

  /** @param {any} incident undefined while it is on its way @param {number} i */
  #item(incident, i) {
    const item = el("li", { class: "inc-item", "aria-setsize": this.total, "aria-posinset": i + 1 });
    item.style.top = `${i * ROW_PX}px`;
    if (!incident) {
      item.append(el("div", { class: "inc-row", "aria-hidden": "true" }, el("span", { class: "bone" })));
      return item;
    }
    item.append(el("button", {
      type: "button",
      class: "inc-row",
      tabindex: i === this.active ? 0 : -1,
      "aria-label": this.parts.describe(incident),
      "aria-current": incident.number === this.current ? "true" : null,
      data: { index: String(i), number: incident.number, ...(this.fresh.has(incident.number) ? { fresh: "" } : {}) },
      on: {
        click: () => {
          this.active = i;
          this.parts.open(incident);
        },
        focus: () => { this.active = i; },
      },
    }, ...this.parts.row(incident)));
    return item;
  }

  /** Give the focus to the row that has it when Tab comes to the list, where the list was left. */
  focus() {
    this.element.scrollTop = this.scrolled;
    this.#reveal();
    this.#draw();
    this.#focus(this.active);
  }

  /** @param {number} i */
  #focus(i) {
    const row = /** @type {HTMLElement|null} */ (this.list.querySelector(`[data-index="${i}"]`));
    this.seeking = !row && i < this.total;
    (row ?? this.element).focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const seen = Math.max(1, Math.floor(this.element.clientHeight / ROW_PX) - 1);
    const steps = /** @type {Record<string, number>} */ ({
      ArrowDown: 1, ArrowUp: -1, PageDown: seen, PageUp: -seen, Home: -this.total, End: this.total,
    });
    if (!(event.key in steps) || !this.total) return;
    event.preventDefault();
    this.active = Math.min(Math.max(this.active + steps[event.key], 0), this.total - 1);
    this.#reveal();
    this.#draw();
    this.#focus(this.active);
  }

  /** Scroll as little as brings the active row into view. */
  #reveal() {
    const top = this.active * ROW_PX;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + ROW_PX > scrollTop + clientHeight) this.element.scrollTop = top + ROW_PX - clientHeight;
  }
}
