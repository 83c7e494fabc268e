/**
 * Single keys for what is done all day, and the card that lists them. They can be switched off: who
 * speaks to the computer or leans on a key types them by accident (WCAG 2.1.4).
 */

import { byId, el } from "./dom.mjs";
import { remember } from "./i18n.mjs";
import { focusNote } from "./incidents/composer.mjs";
import { closePanel } from "./rail.mjs";

/** @typedef {{key: string, label: string, act: () => any}} Shortcut */

const KEPT = "weige.keys";
/** Where letters are text. */
const WRITES = "input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]";
const MOVES = "1 – 9";
/** What keys are that an input method takes. */
const COMPOSING = 229;

/** The shortcut of a key, with Caps Lock or Shift, too. @param {Shortcut[]} all @param {string} pressed */
export function shortcutOf(all, pressed) {
  return all.find(({ key }) => key === pressed.toLowerCase());
}

export class Keys {
  /** @param {import("./app.mjs").App} app */
  constructor(app) {
    this.app = app;
    this.on = true;
    try {
      this.on = localStorage.getItem(KEPT) !== "off";
    } catch {
      // Without storage they are on.
    }
    /** @type {Shortcut[]} */
    this.all = [];
    const press = (/** @type {string} */ id) => () => byId(id).click();
    this.add("/", "keys.search", () => byId("search-text").select());
    this.add("i", "keys.incidents", press("open-incidents"));
    this.add("p", "keys.panel", press("open-panel"));
    this.add("l", "keys.layers", press("open-layers"));
    if (app.view.map) this.add("g", "keys.whole", press("whole-city"));
    if (app.view.map) this.add("q", "keys.centre", press("locate-centre"));
    this.add("r", "keys.report", () => this.#report());
    this.add("c", "keys.comment", () => this.#comment());
    this.add("t", "keys.theme", press("switch-theme"));
    this.add("?", "keys.sheet", () => app.shell.togglePopover("keys"));
    document.addEventListener("keydown", (event) => this.#press(event));
    this.fill();
  }

  /** @param {string} key @param {string} label key of the dictionary @param {() => any} act */
  add(key, label, act) {
    this.all.push({ key, label, act });
    this.fill();
  }

  /** Write the card. */
  fill() {
    const t = this.app.words.t.bind(this.app.words);
    /** @param {string[]} keys @param {string} text */
    const row = (keys, text) => el("li", {}, el("span", {}, ...keys.map((key) => el("kbd", { text: key }))), el("span", { text }));
    byId("keys-body").replaceChildren(
      el("label", { class: "keys-on" },
        el("input", { type: "checkbox", name: "keys-on", checked: this.on, on: { change: (/** @type {any} */ event) => {
          this.on = event.target.checked;
          remember(KEPT, this.on ? "on" : "off");
        } } }),
        el("span", { text: t("keys.on") })),
      el("ul", { class: "keys" }, ...this.all.map(({ key, label }) => row([key.toUpperCase()], t(label))), row([MOVES], t("keys.moves")), row(["Ctrl", "↵"], t("keys.send"))),
      el("h3", { text: t("keys.map") }),
      el("ul", { class: "keys" }, ...(this.app.view.map ? [
        row(["←", "↑", "→", "↓"], t("keys.pan")), row(["+", "−"], t("keys.zoom")), row(["↵"], t("keys.enter")), row(["☰"], t("keys.menu"))] : []),
      row(["Esc"], t("keys.escape"))));
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.isComposing || event.keyCode === COMPOSING) return undefined; // the Esc of an input method is its own
    if (event.key === "Escape") return event.defaultPrevented ? undefined : this.#escape();
    if (!this.on || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return undefined;
    if (/** @type {Element|null} */ (event.target)?.closest?.(WRITES)) return undefined;
    const { desk } = this.app;
    if (event.repeat) return undefined; // one press, one act: a key that is held goes through no life cycle
    if (/^[1-9]$/.test(event.key) && desk?.shown) {
      if (!desk.sheet?.isSettled(performance.now())) return undefined;
      const button = /** @type {HTMLElement|null} */ (desk.body.querySelector(`[data-key="${event.key}"]:not(:disabled)`));
      if (!button) return undefined;
      event.preventDefault();
      return button.click();
    }
    const found = shortcutOf(this.all, event.key);
    if (!found) return undefined;
    event.preventDefault(); // the letter is not typed where the key leads
    return found.act();
  }

  #escape() {
    const { app } = this;
    if (app.shell.closePopovers() || app.stepBack() || this.#leaveNote() || app.desk?.stepBack()) return;
    if (app.shell.panelOpen) closePanel(app);
  }

  /** The first Escape in the note leaves it: what was typed is still there, and digits are moves again. @returns {boolean} */
  #leaveNote() {
    const held = /** @type {Element|null} */ (document.activeElement);
    const pane = held?.closest(".composer")?.closest(".pane");
    if (held?.tagName !== "TEXTAREA" || !pane) return false;
    /** @type {HTMLElement|null} */ (pane.querySelector(".pane-title"))?.focus({ preventScroll: true });
    return true;
  }

  /** Report at the place that was answered, or else in the middle of the map. */
  async #report() {
    const { app } = this;
    const centre = app.view.visibleCentre();
    if (app.answer?.lon === undefined && centre) await app.locate(centre);
    if (app.actions.mayReport()) app.actions.report();
  }

  #comment() {
    if (!this.app.desk?.shown) return;
    focusNote(this.app.desk.body);
  }
}
