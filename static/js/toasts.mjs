/**
 * What is said in passing, above the strip. What offers something keeps its place until it is taken or its time is up;
 * only what belongs to the same place replaces it.
 */

import { el } from "./dom.mjs";

const WORD_MS = 2600;
/** What offers to take something back stays longer. */
const OFFER_MS = 12000;

/** @typedef {{label: string, action: () => any, passes?: boolean}} Offer `passes`: it goes by itself, too */

export class Toasts {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    this.slots = /** @type {Map<string, {item: HTMLElement, timer: number}>} */ (new Map());
  }

  /**
   * @param {string} text
   * @param {Offer} [offer]
   * @param {{said?: boolean, slot?: string}} [how] whether screen readers are told already; whose place it takes:
   *   mere words have one, and every kind of offer
   */
  show(text, offer, { said = false, slot = offer?.label ?? "" } = {}) {
    const item = el("div", { class: "toast", "aria-live": said ? "off" : null }, el("span", { text }));
    if (offer) {
      item.append(el("button", { type: "button", text: offer.label, on: { click: () => {
        this.#drop(slot, item);
        offer.action();
      } } }));
    }
    const before = this.slots.get(slot);
    clearTimeout(before?.timer);
    if (before) before.item.replaceWith(item);
    else this.box.append(item);
    const stays = offer && !offer.passes;
    const timer = stays ? 0 : window.setTimeout(() => this.#drop(slot, item), offer || slot ? OFFER_MS : WORD_MS);
    this.slots.set(slot, { item, timer });
    this.box.hidden = false;
  }

  /** @param {string} slot @param {HTMLElement} item */
  #drop(slot, item) {
    const held = this.slots.get(slot);
    if (held?.item !== item) return;
    clearTimeout(held.timer);
    item.remove();
    this.slots.delete(slot);
    this.box.hidden = !this.slots.size;
  }
}
