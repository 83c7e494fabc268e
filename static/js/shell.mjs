/** What surrounds the answers: panel, popovers, toasts, the line for screen readers. */

import { byId } from "./dom.mjs";
import { Toasts } from "./toasts.mjs";

/** Cards that a button of the rail opens. */
const POPOVERS = ["layers", "topics", "work", "about", "keys", "seen"];

export class Shell {
  constructor() {
    this.panel = byId("panel");
    this.panelBody = byId("panel-body");
    this.tabs = ["place", "incidents"].map((name) => ({
      name,
      tab: byId(`tab-${name}`),
      body: byId(name === "place" ? "panel-body" : `${name}-body`),
      button: byId(name === "place" ? "open-panel" : `open-${name}`),
    }));
    this.tab = "place";
    /** How often the panel was turned, opened or closed: who waits for an answer sees whether the user went elsewhere. */
    this.turns = 0;
    /** Where the focus was before a box was opened. @type {Map<HTMLElement, Element|null>} */
    this.openers = new Map();
    this.toasts = new Toasts(byId("toast"));
    this.live = byId("live");
    for (const id of POPOVERS) {
      byId(`open-${id}`).addEventListener("click", () => this.togglePopover(id));
      document.querySelector(`[data-close="${id}"]`)?.addEventListener("click", () => {
        this.closePopovers();
      });
    }
  }

  /** @returns {boolean} */
  get panelOpen() {
    return !this.panel.hidden;
  }

  /** Boxes of what stands over the map for good, or also of cards that come and go. @param {boolean} all @returns {DOMRect[]} */
  covered(all) {
    const cards = all ? ["legend", "timebar", "pen", ...POPOVERS] : [];
    const open = [this.panel, ...["drawer", "enclosed", ...cards].map(byId)].filter((one) => !one.hidden);
    return open.map((one) => {
      const { x, y, width, height } = one.getBoundingClientRect();
      // The panel grows with what it is to hold, and may still be empty: beside the map it takes a whole side.
      const isSide = one === this.panel && width < innerWidth / 2;
      return new DOMRect(x, y, width, isSide ? innerHeight - y : height);
    }).filter(({ width, height }) => width && height);
  }

  /** @param {HTMLElement} pane */
  showPane(pane) {
    this.fillPane(pane);
    this.setTab("place");
  }

  /** What the tab of the place holds, without turning to it. @param {HTMLElement} pane */
  fillPane(pane) {
    this.panelBody.replaceChildren(pane);
    this.panelBody.scrollTop = 0;
  }

  /**
   * Shows panes of the place until the user turns to something else; then they are there, but not in the way.
   * @param {boolean} aside whether it is so from the beginning
   */
  held(aside) {
    let turns = aside ? -1 : this.turns;
    const isHeld = () => turns === this.turns;
    const show = (/** @type {HTMLElement} */ pane) => {
      if (!isHeld()) return this.fillPane(pane);
      this.showPane(pane);
      turns = this.turns;
      return undefined;
    };
    return { show, isHeld };
  }

  /** Open the panel at a tab. @param {string} name */
  setTab(name) {
    this.tab = name;
    for (const one of this.tabs) {
      const chosen = one.name === name;
      one.tab.setAttribute("aria-selected", String(chosen));
      one.tab.tabIndex = chosen ? 0 : -1;
      one.body.hidden = !chosen;
    }
    this.setPanel(true);
  }

  /** @param {boolean} open */
  setPanel(open) {
    this.turns += 1;
    this.panel.hidden = !open;
    this.panel.dataset.tab = this.tab;
    for (const one of this.tabs) one.button.setAttribute("aria-expanded", String(open && one.name === this.tab));
  }

  /** @param {string} id */
  togglePopover(id) {
    const open = byId(id).hidden;
    this.closePopovers();
    if (open) this.bring(byId(id));
    byId(`open-${id}`).setAttribute("aria-expanded", String(open));
    if (open) byId(id).querySelector("input, button")?.focus();
  }

  /** Show a box over the map. @param {HTMLElement} box */
  bring(box) {
    this.openers.set(box, document.activeElement);
    box.hidden = false;
  }

  /** Hide a box; a focus that was in it goes back to where it was before. @param {HTMLElement} box @param {HTMLElement|null} [button] that opens it */
  putAway(box, button) {
    const held = box.contains(document.activeElement);
    const opener = /** @type {HTMLElement|null|undefined} */ (this.openers.get(box));
    this.openers.delete(box);
    box.hidden = true;
    if (!held) return;
    const known = opener && opener !== document.body && opener.getClientRects().length ? opener : null;
    (known ?? button ?? document.querySelector("#map canvas") ?? byId("search-text")).focus({ preventScroll: true });
  }

  /** @returns {boolean} whether one was open */
  closePopovers() {
    let closed = false;
    for (const id of POPOVERS) {
      if (byId(id).hidden) continue;
      closed = true;
      this.putAway(byId(id), byId(`open-${id}`));
      byId(`open-${id}`).setAttribute("aria-expanded", "false");
    }
    return closed;
  }

  /**
   * Say something in passing; it takes no focus and goes by itself unless it offers an action that stays.
   * @param {string} text
   * @param {import("./toasts.mjs").Offer} [offer]
   * @param {{said?: boolean, slot?: string}} [how] whether screen readers are told already, and whose place it takes
   */
  toast(text, offer, how) {
    this.toasts.show(text, offer, how);
  }

  /** Tell screen readers. @param {string} text */
  announce(text) {
    this.live.textContent = "";
    // A change of text is announced; the same text twice would not be.
    requestAnimationFrame(() => { this.live.textContent = text; });
  }
}
