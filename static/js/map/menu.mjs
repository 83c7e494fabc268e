/** A right click, a long press or the menu key: the place is answered, and what can be done there is offered. */

import { byId, el, icon } from "../dom.mjs";
import { signOf } from "../incidents/symbols.mjs";
import { spoken } from "../readout.mjs";

const LONG_MS = 550;
/** A finger that moves farther drags the map. */
const STILL_PX = 9;

export class PlaceMenu {
  /** @param {import("../app.mjs").App} app @param {import("./view.mjs").MapView} view */
  constructor(app, view) {
    this.app = app;
    this.view = view;
    this.box = el("div", { id: "place-menu", class: "menu card", role: "menu", hidden: true, on: {
      keydown: (/** @type {any} */ event) => this.#key(event),
      focusout: (/** @type {any} */ event) => this.box.contains(event.relatedTarget) || this.close(),
    } });
    byId("map").parentElement?.append(this.box);
    const { map } = view;
    map.on("contextmenu", (/** @type {any} */ event) => {
      event.preventDefault();
      this.open({ lon: event.lngLat.lng, lat: event.lngLat.lat, ...event.point });
    });
    this.#wireKey(map.getCanvas());
    // A move that the answer makes is none of the user's.
    map.on("movestart", (/** @type {any} */ event) => event.originalEvent && this.close());
    map.on("click", () => this.close());
    this.#wirePress(map.getCanvas());
  }

  /** @param {{lon: number, lat: number, x: number, y: number}} place */
  open(place) {
    if (this.app.tool?.isOn) return;
    const { app } = this;
    const t = app.words.t.bind(app.words);
    const { lon, lat } = place;
    const text = spoken({ lon, lat }, app.readout?.datum);
    const answered = app.locate({ lon, lat });
    /** @param {string} name @param {string} label @param {string} mark @param {() => any} act */
    const item = (name, label, mark, act) => this.#item(name, act, icon(mark), label);
    this.#show(place, t("menu.label"), [
      app.actions.mayReport() ? item("report", t("answer.report"), "flag", async () => {
        await answered;
        app.actions.report();
      }) : null,
      item("copy", t("menu.copy", { point: text }), "copy", () => app.copy(text, text)),
      ...app.menuItems.map(({ name, label, mark, act }) => item(name, t(label), mark, () => act({ lon, lat }))),
    ].filter((one) => one !== null));
  }

  /**
   * Offer the incidents that lie at one place, however close one comes.
   * @param {{x: number, y: number}} point of the screen @param {string[]} numbers the gravest first @param {number} count of all
   */
  async choose(point, numbers, count) {
    const { desk, words } = this.app;
    if (!desk || !numbers.length) return;
    const found = await Promise.all(numbers.map((number) => desk.calls.one(number).catch(() => null)));
    const items = found.filter(Boolean).map((one) => this.#item(one.number, () => desk.open(one.number),
      signOf(/** @type {import("../incidents/rules.mjs").Rules} */ (desk.rules).sign(one)), one.title));
    if (count > items.length) items.push(this.#item("list", () => desk.show(), icon("bell"), words.t("menu.more", { n: count - items.length })));
    this.#show(point, words.t("menu.stack", { n: count }), items);
  }

  /** @param {string} name @param {() => any} act @param {...(Node|string)} parts */
  #item(name, act, ...parts) {
    return el("button", { type: "button", role: "menuitem", tabindex: "-1", name: `menu-${name}`, class: "menu-item", on: { click: () => {
      this.close();
      act();
    } } }, ...parts);
  }

  /** @param {{x: number, y: number}} place @param {string} label @param {HTMLElement[]} items */
  #show(place, label, items) {
    this.box.setAttribute("aria-label", label);
    this.box.replaceChildren(...items);
    this.box.hidden = false;
    const room = /** @type {HTMLElement} */ (this.box.parentElement).getBoundingClientRect();
    const { width, height } = this.box.getBoundingClientRect();
    this.box.style.left = `${Math.max(4, Math.min(place.x + 6, room.width - width - 4))}px`;
    this.box.style.top = `${Math.max(4, Math.min(place.y + 6, room.height - height - 4))}px`;
    /** @type {HTMLElement|null} */ (this.box.firstElementChild)?.focus({ preventScroll: true });
  }

  close() {
    if (this.box.hidden) return;
    const held = this.box.contains(document.activeElement);
    this.box.hidden = true;
    if (held) this.view.map.getCanvas().focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const items = /** @type {HTMLElement[]} */ ([...this.box.children]);
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      items[(at + (event.key === "ArrowDown" ? 1 : items.length - 1)) % items.length]?.focus();
    }
  }

  /** The menu key asks about the cross. The map passes on only what a pointer has begun. @param {HTMLElement} canvas */
  #wireKey(canvas) {
    canvas.addEventListener("contextmenu", (event) => {
      const byPointer = event.button === 2 || ["touch", "pen"].includes(/** @type {PointerEvent} */ (event).pointerType);
      if (byPointer || !canvas.matches(":focus-visible")) return;
      event.preventDefault();
      event.stopPropagation();
      this.open(this.view.visibleCentre());
    });
  }

  /** Browsers of iOS send no menu event for a long press. @param {HTMLElement} canvas */
  #wirePress(canvas) {
    let timer = 0;
    /** @type {Touch|null} */
    let first = null;
    let isNew = false;
    const end = () => {
      clearTimeout(timer);
      first = null;
    };
    canvas.addEventListener("touchstart", (event) => {
      end();
      if (event.touches.length !== 1) return;
      [first] = event.touches;
      isNew = this.box.hidden;
      const { clientX, clientY } = first;
      timer = window.setTimeout(() => {
        const box = canvas.getBoundingClientRect();
        const [x, y] = [clientX - box.left, clientY - box.top];
        const { lng, lat } = this.view.map.unproject([x, y]);
        if (this.box.hidden) this.open({ lon: lng, lat, x, y });
      }, LONG_MS);
    }, { passive: true });
    canvas.addEventListener("touchmove", ({ touches }) => {
      if (first && Math.hypot(touches[0].clientX - first.clientX, touches[0].clientY - first.clientY) > STILL_PX) end();
    }, { passive: true });
    for (const name of ["touchend", "touchcancel"]) {
      canvas.addEventListener(name, (event) => {
        end();
        // The finger that opened the menu is lifted: that is no click, which would close it.
        if (isNew && !this.box.hidden && event.cancelable) event.preventDefault();
      });
    }
  }
}
