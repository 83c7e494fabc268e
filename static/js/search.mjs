/** The search box: coordinates with a declared datum, or a grid code. */

import { byId } from "./dom.mjs";
import { parseTyped } from "./parse.mjs";

export class SearchBox {
  /**
   * @param {import("./i18n.mjs").Words} words
   * @param {{point: (lon: string, lat: string, datum: string) => void, code: (code: string) => void,
   *   example: () => {point: string, code: string}}} to
   */
  constructor(words, to) {
    this.words = words;
    this.to = to;
    this.text = byId("search-text");
    this.datum = byId("search-datum");
    this.message = byId("search-message");
    byId("search").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#submit();
    });
    this.text.addEventListener("input", () => this.say(""));
    this.datum.addEventListener("change", () => this.say(words.t(`search.datum_note.${this.datum.value}`)));
  }

  /** @param {string} text @param {"plain"|"bad"} [kind] */
  say(text, kind = "plain") {
    this.message.dataset.kind = kind;
    this.message.textContent = text;
    this.text.setAttribute("aria-invalid", String(kind === "bad" && text !== ""));
  }

  #submit() {
    const typed = parseTyped(this.text.value);
    if (typed.kind === "unknown") {
      const { point, code } = this.to.example();
      const shown = code ? this.words.t("search.code_example", { code }) : "";
      this.say(this.words.t("search.accepts", { example: point, code: shown }));
      this.text.focus();
      return;
    }
    this.say("");
    if (typed.kind === "point") this.to.point(typed.lon, typed.lat, this.datum.value);
    else this.to.code(typed.code);
  }
}
