/** Where the data comes from, what of it is not real, which software draws it. */

import { el } from "./dom.mjs";
import { inLanguage } from "./i18n.mjs";

/**
 * @param {any} city
 * @param {{words: import("./i18n.mjs").Words, version: string}} context
 * @returns {Node[]}
 */
export function aboutBody(city, { words, version }) {
  /** @param {string} term @param {...(Node|string)} text */
  const fact = (term, ...text) => el("div", {}, el("dt", { text: term }), ...text.map((one) => el("dd", {}, one)));
  return [
    city.synthetic ? el("p", { class: "note", data: { tone: "warn" }, text: inLanguage(city.synthetic, words.language) }) : el("span"),
    el("dl", { class: "facts section" },
      fact(words.t("about.city"), city.name),
      fact(words.t("generation"), city.generation),
      fact(words.t("about.valid_from"), city.valid_from),
      fact(words.t("about.sources"), ...city.sources.map((/** @type {any} */ one) =>
        [inLanguage(one.what, words.language), one.origin, one.licence, one.datum].filter(Boolean).join(" · "))),
      fact(words.t("about.borders"), city.certificate
        ? el("a", {
          href: `/api/cities/${encodeURIComponent(city.id)}/quality.html?lang=${words.language === "zh" ? "zh" : "en"}`,
          text: words.t("about.quality"),
        })
        : words.t("about.no_quality")),
      fact(words.t("about.keys"), words.t("about.keys_text")),
      fact(words.t("about.software"), words.t("about.software_text", { version }),
        el("a", { href: "/api/docs", text: words.t("about.api") }))),
  ];
}
