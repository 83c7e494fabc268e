/** The panes without an answer: overview, waiting, failure. */

import { el, icon } from "../dom.mjs";
import { foot, levelName, section } from "./parts.mjs";

/** @typedef {import("../i18n.mjs").Words} Words */
/** @typedef {import("./parts.mjs").Actions} Actions */

/**
 * What there is before anything was asked.
 * @param {any} city of /api/city
 * @param {{words: Words, view: {map: any}}} context what works on a map is told where there is one
 */
export function overviewPane(city, { words, view }) {
  const number = new Intl.NumberFormat(words.language === "en" ? "en" : "zh-CN");
  return el("article", { class: "pane", data: { pane: "overview" } },
    el("p", { class: "pane-kicker", text: words.t("overview.kicker") }),
    el("h2", { class: "pane-title", text: city.name }),
    view.map ? el("p", { class: "pane-text", text: words.t("overview.text") }) : null,
    el("ul", { class: "hints" },
      view.map ? hint("target", words.t("overview.hint_click")) : null,
      hint("search", words.t(city.gazetteer ? "overview.hint_search" : "overview.hint_search_point")),
      view.map ? hint("plus", words.t("overview.hint_keys")) : null),
    section(words.t("overview.counts"),
      el("ul", { class: "rows" }, ...[...city.levels, ...city.overlays].map((part) =>
        el("li", { class: "row" },
          el("span", { text: levelName(part.id, part.name, words) }),
          el("span", { class: "figure" }, number.format(part.count),
            part.expected !== null && part.expected !== part.count
              ? el("span", { class: "of", text: words.t("overview.of", { n: number.format(part.expected) }) })
              : null))))),
    foot(city, words));
}

/** @param {string} name @param {string} text */
function hint(name, text) {
  return el("li", {}, icon(name), el("span", { text }));
}

/** The shape of what is coming. @param {{words: Words}} context */
export function waitingPane({ words }) {
  const bones = Array.from({ length: 9 }, (_, i) => el("div", { class: i ? "bone" : "bone bone-title" }));
  return el("article", { class: "pane", data: { pane: "waiting" }, "aria-busy": "true" },
    el("p", { class: "pane-kicker", text: words.t("loading.locate") }), ...bones);
}

/**
 * What went wrong, and the way on.
 * @param {any} error ApiError or anything else that was thrown
 * @param {{words: Words, actions: Actions, title?: string}} context
 */
export function failurePane(error, { words, actions, title }) {
  const { message, hint: advice } = failureText(error, words);
  return el("article", { class: "pane", role: "alert", data: { pane: "failure" } },
    el("div", { class: "error-mark" }, icon("warn")),
    el("h2", { class: "pane-title", text: title ?? words.t("error.title") }),
    el("p", { class: "pane-text", text: message }),
    advice ? el("p", { class: "pane-text", text: advice }) : null,
    error?.kind === "network" && !title ? el("p", { class: "pane-text", text: words.t("error.place_kept") }) : null,
    el("div", { class: "actions" },
      el("button", { type: "button", class: "button button-strong", data: { retry: "" }, text: words.t("error.retry"), on: { click: actions.retry } })));
}

/** How the tiles are made, on the server. */
const BUILD_TILES = "python -m scripts.build_derived";

/**
 * What is missing from a map without tiles, what works all the same, and how tiles are made.
 * @param {{words: Words, retry: () => void}} context
 */
export function noTilesNote({ words, retry }) {
  return el("section", { class: "no-tiles card", role: "status" },
    el("div", { class: "error-mark" }, icon("layers")),
    el("div", {},
      el("h2", { text: words.t("no_tiles.title") }),
      el("p", { text: words.t("no_tiles.text") }),
      el("p", { class: "faint", text: words.t("no_tiles.operator") }),
      el("pre", {}, el("code", { text: BUILD_TILES })),
      el("button", { type: "button", class: "button", text: words.t("error.retry"), on: { click: retry } })));
}

/**
 * A failure in words.
 * @param {any} error
 * @param {Words} words
 * @returns {{message: string, hint: string}}
 */
export function failureText(error, words) {
  switch (error?.kind) {
    case "server":
      return { message: error.message, hint: error.hint };
    case "timeout":
      return { message: words.t("error.timeout", { s: error.message }), hint: words.t("error.timeout_hint") };
    case "network":
      return { message: words.t("error.network"), hint: words.t("error.network_hint") };
    default:
      return { message: words.t("error.odd", { status: error?.status ?? String(error) }), hint: words.t("error.timeout_hint") };
  }
}
