/** The answer to a point: chain, people, dedicated grids, how far the border is. */

import { el, icon, link } from "../dom.mjs";
import { metres, pointText } from "../i18n.mjs";
import { aroundSlot } from "./around.mjs";
import { codeTag, foot, levelName, note, section, staffList } from "./parts.mjs";

/** @typedef {import("../i18n.mjs").Words} Words */
/** @typedef {import("./parts.mjs").Actions} Actions */

/** Below this many metres a border deserves attention. */
export const NEAR_M = 10;

const TONES = { inside: "good", on_border: "warn", overlap: "warn", nearest: "warn", outside: "warn" };

/**
 * @param {any} answer of /api/locate
 * @param {{city: any, words: Words, actions: Actions, roughM: number, head?: Node|null}} context
 *   `roughM` is how far off a click may be at the scale at which it was made, 0 if it was typed;
 *   `head` comes first
 * @returns {HTMLElement}
 */
export function answerPane(answer, { city, words, actions, roughM, head = null }) {
  const finest = answer.chain.at(-1);
  const share = el("button", { type: "button", class: "icon-button", "aria-label": words.t("answer.share"), title: words.t("answer.share"), on: { click: actions.share } }, icon("share"));
  return el("article", { class: "pane", data: { pane: "answer", status: answer.status } },
    head,
    el("p", { class: "pane-kicker" },
      el("span", { class: "badge", data: { tone: TONES[/** @type {keyof TONES} */ (answer.status)] ?? "warn" }, text: words.t(`status.${answer.status}`) }),
      finest ? el("span", { text: levelName(finest.level, finest.level_name, words) }) : null),
    el("h2", { class: "pane-title", text: finest ? finest.name : words.t("answer.outside_title", { city: city.name }) }),
    finest ? codeTag(finest.code, words, actions) : null,
    answer.status === "outside" ? outside(answer, words) : border(answer, { words, actions, roughM, isFix: head !== null }),
    actions.mayReport?.() ? el("div", { class: "actions" }, el("button", { type: "button", class: "button", data: { report: "" }, on: { click: actions.report } }, icon("flag"), words.t("answer.report"))) : null,
    answer.chain.length ? section(words.t("answer.chain"), chain(answer.chain, city, words, actions)) : null,
    ...overlays(answer.overlays, words, actions),
    alternatives(answer, words, actions),
    aroundSlot(),
    foot(answer, words,
      el("p", { class: "foot-row" }, words.t("answer.point", { point: pointText(answer.lon, answer.lat) }),
        el("span", { class: "foot-buttons" }, copyPoint(answer, words, actions), share)),
      answer.datum !== "wgs84" ? el("p", { text: words.t("answer.converted", { datum: answer.datum.toUpperCase() }) }) : null));
}

/** @param {any} answer @param {Words} words @param {Actions} actions */
function copyPoint(answer, words, actions) {
  const point = actions.spoken?.(answer) ?? pointText(answer.lon, answer.lat);
  const label = words.t("copy.do", { what: point });
  return el("button", { type: "button", class: "icon-button", name: "copy-point", "aria-label": label, title: label, on: { click: () => actions.copy(point, point) } }, icon("copy"));
}

/**
 * One sentence for screen readers.
 * @param {any} answer @param {Words} words
 */
export function answerSentence(answer, words) {
  const name = answer.outside
    ? words.join("parts", [answer.outside.name, words.t("answer.outside_by", { who: answer.outside.governed_by })])
    : answer.chain.map((/** @type {any} */ link) => link.name).join(" ");
  return words.t("answer.announce", {
    status: words.t(`status.${answer.status}`),
    name,
    border: answer.border_m === null ? answer.reason : distanceText(answer, words),
  });
}

/** @param {any} answer @param {Words} words */
function distanceText(answer, words) {
  if (answer.status === "nearest" && answer.distance_m) {
    return words.t("border.distance", { d: metres(answer.distance_m) });
  }
  const key = answer.border_m < NEAR_M ? "border.near" : "border.far";
  return words.t(key, { d: metres(answer.border_m) });
}

/** @param {any} answer @param {{words: Words, actions: Actions, roughM: number, isFix: boolean}} context `isFix`: a device said where it is; no zoom makes that surer */
function border(answer, { words, actions, roughM, isFix }) {
  const unsure = answer.status !== "inside";
  if (answer.border_m === null && !answer.reason) return null;
  const near = answer.border_m !== null && answer.border_m < NEAR_M;
  const rough = roughM > NEAR_M && answer.border_m !== null && answer.border_m < roughM;
  const finest = answer.chain.at(-1);
  const beside = answer.neighbour
    ? [words.t("border.neighbour"), link(answer.neighbour.name, () => actions.showGrid(answer.neighbour.code, finest?.level), { title: answer.neighbour.code })]
    : [words.t("border.city_edge")];
  return note(unsure || near || rough ? "warn" : "plain", unsure || near || rough ? "warn" : "target",
    answer.reason ? el("p", { text: answer.reason }) : null,
    answer.border_m === null ? null
      : el("p", { class: "border-note" }, el("strong", { text: distanceText(answer, words) }), ...beside),
    rough ? el("p", { text: words.t(isFix ? "border.unsure" : "border.rough", { d: metres(roughM) }) }) : null,
    rough && !isFix ? el("button", { type: "button", class: "button", text: words.t("border.zoom"), on: { click: actions.zoomIn } }) : null);
}

/** @param {any} answer @param {Words} words */
function outside(answer, words) {
  return el("div", { class: "outside-place" },
    answer.outside?.name ? el("strong", { text: words.t("answer.outside_place", { name: answer.outside.name }) }) : null,
    el("p", { text: answer.outside ? words.t("answer.outside_by", { who: answer.outside.governed_by }) : words.t("answer.outside_unknown") }),
    answer.reason && !answer.outside ? el("p", { text: answer.reason }) : null);
}

/** @param {any[]} links coarse to fine @param {any} city @param {Words} words @param {Actions} actions */
function chain(links, city, words, actions) {
  return el("ol", { class: "chain" }, ...links.map((one, i) => {
    const weight = Math.min(3, Math.max(0, city.levels.findIndex((/** @type {any} */ level) => level.id === one.level)));
    return el("li", { class: "chain-item", data: { code: one.code, ...(i === links.length - 1 ? { finest: "" } : {}) } },
      el("span", { class: "chain-dot", data: { weight } }),
      el("div", { class: "chain-head" },
        el("span", { class: "chain-level", text: levelName(one.level, one.level_name, words) }),
        codeTag(one.code, words, actions)),
      el("button", { type: "button", class: "chain-name", text: one.name, "aria-label": words.t("answer.show", { name: one.name }), on: { click: () => actions.showGrid(one.code, one.level) } }),
      staffList(one.staff, words));
  }));
}

/** @param {any[]} overlays @param {Words} words @param {Actions} actions */
function overlays(overlays, words, actions) {
  const kinds = [...new Set(overlays.map((one) => one.overlay_name))];
  return kinds.map((name) => section(words.t("answer.overlays", { name }),
    ...overlays.filter((one) => one.overlay_name === name).map((one) =>
      el("div", { class: "overlay-block", data: { code: one.code } },
        el("button", { type: "button", class: "chain-name", text: one.name, "aria-label": words.t("answer.show", { name: one.name }), on: { click: () => actions.showGrid(one.code, one.overlay) } }),
        codeTag(one.code, words, actions),
        staffList(one.staff, words)))));
}

/** @param {any} answer @param {Words} words @param {Actions} actions */
function alternatives(answer, words, actions) {
  const finest = answer.chain.at(-1);
  const others = answer.alternatives.filter((/** @type {any} */ one) => one.code !== finest?.code);
  // A neighbour that the border note names already is not said twice.
  const told = answer.status === "inside" && others.length === 1 && others[0].code === answer.neighbour?.code;
  if (!others.length || told) return null;
  return section(words.t("answer.alternatives"),
    el("ul", { class: "rows" }, ...others.map((/** @type {any} */ one) =>
      el("li", {}, el("button", { type: "button", class: "row", on: { click: () => actions.showGrid(one.code, finest?.level) } },
        el("span", { text: one.name }),
        el("span", { class: "faint", text: metres(one.distance_m) }))))));
}
