/** What became of an address: how sure it is and why, between which grids it lies, what is missing. */

import { el, icon } from "../dom.mjs";
import { ALL, sharedOf } from "../address/question.mjs";
import { answerPane } from "./answer.mjs";
import { gridPane } from "./grid.mjs";
import { note, section } from "./parts.mjs";

/** @typedef {import("../i18n.mjs").Words} Words */
/** @typedef {import("./parts.mjs").Actions} Actions */

/** How an answer without a grid is marked. @type {Record<string, "warn"|"bad"|"plain">} */
const TONES = { candidates: "warn", area_only: "warn", conflict: "bad", outside: "warn", none: "bad" };
/** From which share of what was found on a candidate is the likely one, and below which it is not. */
const LIKELY = 0.6;
const UNLIKELY = 0.25;
const BANDS = /** @type {Record<string, string>} */ ({ 高: "good", 中: "warn", 低: "bad" });
/** Faults, and what mends them; the first that applies is told first. @type {[RegExp, string][]} */
const ADVICE = [
  [/^(TOWN|AREA|COMMUNITY|ROAD|ESTATE|GROUP)\.conflict$/, "conflict"],
  [/^(TOWN\.missing|ROAD\.multi_town|DOOR\.town_unsure|POI\.several)$/, "town"],
  [/^AREA\.split$/, "now"],
  [/^SECTION\.missing$/, "section"],
  [/^LANE\.missing$/, "lane"],
  [/^(DOOR\.missing|RELATIVE\.landmark|CROSSING)$/, "door"],
  [/^(ESTATE\.multi_grid|BUILDING\.(several|not_found))$/, "building"],
  [/(\.unknown|\.not_found|\.prefixed|DOOR\.unplaced)$/, "check"],
];

/**
 * @param {any} answer of `answerTo`
 * @param {{city: any, words: Words, actions: Actions}} context
 * @returns {HTMLElement}
 */
export function addressAnswer(answer, context) {
  if (!answer.chain.length) return addressPane(answer, context);
  const settled = { city: context.city, words: context.words, actions: context.actions, roughM: 0, head: addressHead(answer, context) };
  return answer.grid ? gridPane(answer.grid, settled) : answerPane(answer, settled);
}

/**
 * Above the answer to the place: the address, how sure, why.
 * @param {any} answer of `answerTo`
 * @param {{words: Words, actions: Actions}} context
 */
function addressHead(answer, { words, actions }) {
  const { address, picked } = answer;
  const t = words.t.bind(words);
  return el("section", { class: "address-head", data: { status: address.status, ...(picked ? { picked: "" } : {}) }, "aria-label": t("address.title") },
    el("p", { class: "pane-kicker" },
      picked
        ? el("span", { class: "badge", text: t("address.picked") })
        : el("span", { class: "badge", data: { tone: BANDS[address.band], band: address.band }, title: t("address.confidence_note"), text: t("address.band", { band: t(`address.band.${BANDS[address.band]}`), share: percent(address.confidence) }) }),
      el("span", { text: t(`address.level.${address.match_level}`) })),
    el("p", { class: "address-text", text: address.standard_address || answer.text }),
    answer.grid ? el("p", { class: "address-why", text: t("address.beside") }) : null,
    why(address, words),
    actions.mayCorrect?.() ? el("div", { class: "actions", data: { slot: "correct" } }, el("button", { type: "button", class: "button", data: { correct: "" }, text: t("address.correct"), on: { click: actions.correct } })) : null);
}

/**
 * An address that has no grid, or several: said in words, with what would settle it.
 * @param {any} answer of `answerTo`
 * @param {{words: Words, actions: Actions}} context
 */
function addressPane(answer, { words, actions }) {
  const { address } = answer;
  const t = words.t.bind(words);
  const many = address.candidates.length;
  return el("article", { class: "pane", data: { pane: "address", status: address.status } },
    el("p", { class: "pane-kicker" },
      el("span", { class: "badge", data: { tone: TONES[address.status] }, text: t(`address.status.${address.status}`) }),
      address.match_level === "none" ? null : el("span", { text: t(`address.level.${address.match_level}`) })),
    // What was typed: the words of the gazetteer would be those of one candidate.
    el("h2", { class: "pane-title", text: answer.text }),
    !many && address.standard_address && address.standard_address !== answer.text ? el("p", { class: "address-typed", text: t("address.understood", { text: address.standard_address }) }) : null,
    why(address, words),
    many ? section(askedText(address, words), candidates(address.candidates, words, actions)) : null,
    advice(address, words),
    actions.mayCorrect?.() ? el("div", { class: "actions", data: { slot: "correct" } }, el("button", { type: "button", class: "button", data: { correct: "" }, text: t("address.correct"), on: { click: actions.correct } })) : null);
}

/** One sentence for screen readers. @param {any} answer @param {Words} words */
export function addressSentence(answer, words) {
  const { address } = answer;
  const said = words.t(`address.status.${address.status}`);
  return `${said}: ${answer.text}. ${address.candidates.length ? askedText(address, words) : ""}`;
}

/**
 * Why: the sentence of the server, which is Chinese; in English its faults. Where grids are listed below, the sentence that
 * lists their codes is folded away.
 * @param {any} address @param {Words} words
 */
function why(address, words) {
  const english = words.language === "en";
  const sentence = el("p", { class: "address-why", text: address.explanation });
  if (!english && !address.candidates.length) return sentence;
  const told = [...new Set(address.faults.map((/** @type {any} */ one) => one.sentence))];
  const leftover = address.leftover ? words.t("address.leftover", { text: address.leftover }) : "";
  const all = [...told, leftover].filter(Boolean);
  const list = all.length ? el("ul", { class: "address-why" }, ...all.map((text) => el("li", { text }))) : null;
  return el("div", {}, list,
    english ? null : el("details", { class: "address-more" }, el("summary", { text: words.t("address.grounds") }), sentence));
}

/** @param {any[]} all @param {Words} words @param {Actions} actions */
function candidates(all, words, actions) {
  return el("ol", { class: "candidates" }, ...all.map((one, i) => {
    const above = one.chain.slice(0, -1).map((/** @type {any} */ link) => link.name).join(" › ");
    return el("li", {}, el("button", { type: "button", class: "candidate", data: { code: one.grid }, on: { click: () => actions.pick?.(one.grid) } },
      el("span", { class: "candidate-number", text: String(i + 1) }),
      el("span", { class: "candidate-text" },
        el("span", { class: "candidate-name", text: one.name }),
        el("span", { class: "faint", text: above }),
        words.language === "en" ? null : el("span", { class: "faint", text: one.reason })),
      el("span", { class: "candidate-share", title: words.t("address.share_note") }, el("span", { text: words.t(likely(one.share)) }), percent(one.share, 0))));
  }));
}

/**
 * What to choose from: where the grids that are listed are not all in question, that is said.
 * @param {any} address @param {Words} words
 */
export function askedText({ candidates: all }, words) {
  const share = sharedOf(all);
  return share < ALL ? words.t("address.candidates_of_more", { n: all.length, share: percent(share, 0) }) : words.t("address.candidates", { n: all.length });
}

/** A share in words. @param {number} share */
function likely(share) {
  return share >= LIKELY ? "address.likely" : share >= UNLIKELY ? "address.possible" : "address.unlikely";
}

/** What to add, so that it is settled. @param {any} address @param {Words} words */
function advice(address, words) {
  const t = words.t.bind(words);
  /** @type {string[]} */
  const keys = [];
  for (const [pattern, key] of ADVICE) {
    if (address.faults.some((/** @type {any} */ one) => pattern.test(one.code))) keys.push(key);
  }
  if (address.status === "outside") keys.unshift("outside");
  if (address.status === "area_only" && !keys.some((key) => ["door", "building"].includes(key))) keys.push("finer");
  if (address.status === "none") keys.unshift("none");
  if (address.candidates.length) keys.push("pick");
  else if (address.status !== "outside") keys.push("map");
  return note("plain", "info", el("ul", {}, ...keys.slice(0, 4).map((key) => el("li", { text: t(`address.advice.${key}`) }))));
}

/** A share for people: never rounded up to certainty. @param {number} share @param {number} [digits] */
function percent(share, digits = 1) {
  const scale = 10 ** digits;
  return `${(Math.floor(share * 100 * scale + 1e-6) / scale).toFixed(digits)}%`;
}
