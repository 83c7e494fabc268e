/** A table of any length of which only what is seen is in the page; every row is as high as the others. */

import { el } from "./dom.mjs";

const ROW_PX = 31;
const SPARE = 8;

export class Lines {
  /**
   * @param {{label: string, cells: (item: any, i: number) => Node[], open: (item: any) => void, isCurrent?: (item: any) => boolean, describe?: (item: any) => string}} parts
   *   `describe` says a row with the names of its columns, for whoever does not see them
   */
  constructor(parts) {
    this.parts = parts;
    /** @type {any[]} */
    this.items = [];
    this.active = 0;
    this.list = el("ol", { class: "lines-list", role: "list", "aria-label": parts.label, on: { keydown: (/** @type {any} */ event) => this.#key(event) } });
    this.element = el("div", { class: "lines", tabindex: "-1", on: { scroll: () => this.draw() } }, this.list);
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /** @param {any[]} items */
  show(items) {
    this.items = items;
    this.active = Math.min(this.active, Math.max(0, items.length - 1));
    this.draw();
  }

  draw() {
    if (!this.element.isConnected) return;
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / ROW_PX) - SPARE);
    const last = Math.min(this.items.length, Math.ceil((scrollTop + clientHeight) / ROW_PX) + SPARE);
    const held = this.list.contains(document.activeElement);
    this.list.style.height = `${this.items.length * ROW_PX}px`;
    this.list.replaceChildren(...this.items.slice(first, last).map((item, n) => this.#line(item, first + n)));
    if (held) /** @type {HTMLElement|null} */ (this.list.querySelector('[tabindex="0"]'))?.focus({ preventScroll: true });
  }

  /** @param {any} item @param {number} i */
  #line(item, i) {
    const line = el("li", { class: "line", "aria-setsize": this.items.length, "aria-posinset": i + 1 },
      el("button", {
        type: "button", class: "line-row", tabindex: i === this.active ? 0 : -1, data: { index: String(i), ...(item.code ? { code: item.code } : {}) },
        "aria-label": this.parts.describe?.(item),
        "aria-current": this.parts.isCurrent?.(item) ? "true" : null,
        on: { click: () => {
          this.active = i;
          this.parts.open(item);
        } },
      }, ...this.parts.cells(item, i)));
    line.style.top = `${i * ROW_PX}px`;
    return line;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const seen = Math.max(1, Math.floor(this.element.clientHeight / ROW_PX) - 1);
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1, PageDown: seen, PageUp: -seen, Home: -this.items.length, End: this.items.length });
    if (!(event.key in steps) || !this.items.length) return;
    event.preventDefault();
    this.active = Math.min(Math.max(this.active + steps[event.key], 0), this.items.length - 1);
    const top = this.active * ROW_PX;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + ROW_PX > scrollTop + clientHeight) this.element.scrollTop = top + ROW_PX - clientHeight;
    this.draw();
    /** @type {HTMLElement|null} */ (this.list.querySelector(`[data-index="${this.active}"]`))?.focus({ preventScroll: true });
  }
}
