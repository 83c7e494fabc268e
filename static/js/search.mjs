/** The search box: an address or place, completed while it is typed; coordinates with their datum; a grid code. */

import { SuggestionList } from "./address/suggestions.mjs";
import { byId } from "./dom.mjs";
import { isPointBegun, parseTyped } from "./parse.mjs";
import { isNumberBegun, meantOf, wantsOffer } from "./suggest.mjs";

export class SearchBox {
  /**
   * @param {import("./i18n.mjs").Words} words
   * @param {{point: (lon: string, lat: string, datum: string) => void, code: (code: string, level?: string) => void,
   *   incident: (number: string) => void,
   *   address: (text: string) => void, example: () => {point: string, code: string},
   *   show: (place: {lon: number, lat: number}) => void, hasAddresses: boolean,
   *   suggest: (text: string, signal: AbortSignal) => Promise<any>}} to
   *   without `hasAddresses` the city has no gazetteer: then no address is taken
   */
  constructor(words, to) {
    this.words = words;
    this.to = to;
    this.form = byId("search");
    this.text = byId("search-text");
    this.datum = byId("search-datum");
    this.clear = byId("search-clear");
    this.message = byId("search-message");
    this.list = new SuggestionList(words, { input: this.text, form: this.form, ask: to.suggest, choose: (one) => this.#choose(one) });
    this.form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#submit();
    });
    this.text.addEventListener("input", (/** @type {InputEvent} */ event) => this.#typed(!event.isComposing));
    this.text.addEventListener("compositionend", () => this.#typed(true));
    this.clear.addEventListener("click", () => this.#empty());
    this.datum.addEventListener("change", () => this.say(words.t(`search.datum_note.${this.datum.value}`)));
    this.translate();
  }

  /** Say anew what can be typed. */
  translate() {
    const { hasAddresses } = this.to;
    this.text.placeholder = this.words.t(hasAddresses ? "search.placeholder" : "search.placeholder_point");
    this.text.setAttribute("aria-label", this.words.t(hasAddresses ? "search.label" : "search.label_point"));
    this.form.dataset.takes = hasAddresses ? "addresses" : "points";
    this.say("");
    this.list.close();
  }

  /** @param {string} text @param {"plain"|"bad"} [kind] */
  say(text, kind = "plain") {
    this.message.dataset.kind = kind;
    this.message.textContent = text;
    this.text.setAttribute("aria-invalid", String(kind === "bad" && text !== ""));
    if (text) this.list.close();
  }

  /** @param {boolean} whole whether no character is being composed */
  #typed(whole) {
    const text = this.text.value;
    this.say("");
    this.clear.hidden = !text;
    const point = isPointBegun(text);
    this.form.toggleAttribute("data-point", point);
    if (!whole) return;
    if (point || !["address", "code"].includes(parseTyped(text).kind)) this.list.close();
    else this.list.ask(text);
  }

  #empty() {
    this.text.value = "";
    this.#typed(true);
    this.text.focus();
  }

  /** @param {any} one of /api/addresses */
  #choose(one) {
    this.text.value = one.address;
    this.clear.hidden = false;
    this.say("");
    if (one.kind === "grid" || one.kind === "incident") {
      this.list.close();
      return one.kind === "grid" ? this.to.code(one.code, one.level) : this.to.incident(one.number);
    }
    // A road alone decides nothing: its doors are offered next.
    if (one.kind === "road") {
      this.to.show(one);
      this.list.ask(one.address, one.address);
      return undefined;
    }
    this.list.close();
    return this.to.address(one.address);
  }

  async #submit() {
    const text = this.text.value;
    const typed = parseTyped(text);
    if (typed.kind === "address" || typed.kind === "code") {
      const offered = await this.list.offered(text);
      if (this.text.value !== text) return undefined; // typed on
      const meant = meantOf(text, offered);
      if (meant) return this.#choose(meant);
      if (wantsOffer(text) && offered.length) return this.list.offer(offered);
    }
    this.list.close();
    if (typed.kind === "point") this.to.point(typed.lon, typed.lat, typed.datum ?? this.datum.value);
    else if (typed.kind === "code" && isNumberBegun(typed.code)) this.to.incident(typed.code.toUpperCase());
    else if (typed.kind === "code") this.to.code(typed.code);
    else if (typed.kind === "address" && this.to.hasAddresses) this.to.address(typed.text);
    else return this.#sayWhat();
    return this.say("");
  }

  /** Say what can be typed. */
  #sayWhat() {
    const { point, code } = this.to.example();
    const shown = code ? this.words.t("search.code_example", { code }) : "";
    this.say(this.words.t(this.to.hasAddresses ? "search.accepts" : "search.accepts_point", { example: point, code: shown }));
    this.text.focus();
  }
}
