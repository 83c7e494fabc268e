/** One grid: where it belongs, its people, facts and the grids inside it. */

import { el, link } from "../dom.mjs";
import { aroundSlot } from "./around.mjs";
import { codeTag, foot, levelName, section, staffList } from "./parts.mjs";

/** @typedef {import("../i18n.mjs").Words} Words */
/** @typedef {import("./parts.mjs").Actions} Actions */

/** Properties that the pane shows elsewhere. */
const SHOWN = new Set(["code", "name", "level", "parent"]);

/**
 * @param {any} grid of /api/grids/<code>
 * @param {{city: any, words: Words, actions: Actions, head?: Node|null}} context `head` comes first
 * @returns {HTMLElement}
 */
export function gridPane(grid, { city, words, actions, head = null }) {
  const parents = grid.chain.filter((/** @type {any} */ one) => one.code !== grid.code || one.level !== grid.level);
  return el("article", { class: "pane", data: { pane: "grid", code: grid.code } },
    head,
    el("p", { class: "pane-kicker" }, el("span", { class: "badge", text: levelName(grid.level, grid.level_name, words) })),
    el("h2", { class: "pane-title", text: grid.name }),
    codeTag(grid.code, words, actions),
    parents.length
      ? section(words.t("grid.belongs"), el("div", { class: "crumbs" }, ...parents.flatMap((/** @type {any} */ one, /** @type {number} */ i) => [
          i ? el("span", { text: "›", "aria-hidden": "true" }) : null,
          link(one.name, () => actions.openGrid(one.code, one.level)),
        ])))
      : null,
    section(words.t("grid.staff"), staffList(grid.staff, words)),
    facts(grid, city, words),
    aroundSlot(),
    children(grid.children, words, actions),
    foot(grid, words));
}

/** @param {any} grid @param {any} city @param {Words} words */
function facts(grid, city, words) {
  const onTop = city.overlays.some((/** @type {any} */ overlay) => overlay.id === grid.level);
  const told = (/** @type {string} */ key, /** @type {unknown} */ value) =>
    !SHOWN.has(key) && value !== null && value !== ""
    // Nobody lives in a school or plant: a zero would look like something to be filled in.
    && !(onTop && key === "households" && value === 0);
  const rows = Object.entries(grid.properties).filter(([key, value]) => told(key, value));
  if (!rows.length) return null;
  return section(words.t("grid.facts"), el("ul", { class: "rows" }, ...rows.map(([key, value]) =>
    el("li", { class: "row" },
      el("span", { class: "faint", text: words.has(`property.${key}`) ? words.t(`property.${key}`) : key }),
      el("span", { text: key === "kind" ? kindName(String(value), words) : plain(value, words) })))));
}

/** A kind in words; one that the dictionary does not know stays as the data has it. @param {string} kind @param {Words} words */
function kindName(kind, words) {
  return words.has(`kind.${kind}`) ? words.t(`kind.${kind}`) : kind;
}

/** @param {unknown} value @param {Words} words */
function plain(value, words) {
  if (typeof value === "number") return value.toLocaleString(words.language === "en" ? "en" : "zh-CN", { maximumFractionDigits: 3 });
  if (typeof value === "boolean") return value ? "✓" : "–";
  return String(value);
}

/** @param {any[]} grids @param {Words} words @param {Actions} actions */
function children(grids, words, actions) {
  const levels = [...new Set(grids.map((one) => one.level))];
  return el("div", {}, ...levels.map((level) => {
    const own = grids.filter((one) => one.level === level);
    return section(words.t("grid.children", { name: levelName(level, own[0].level_name, words), n: own.length }),
      el("ul", { class: "rows scroll" }, ...own.map((one) =>
        el("li", {}, el("button", { type: "button", class: "row", on: { click: () => actions.openGrid(one.code, one.level) } },
          el("span", { text: one.name }),
          el("span", { class: "faint", text: one.code }))))));
  }));
}
