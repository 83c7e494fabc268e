/** Pieces that several panes share. */

import { el, icon } from "../dom.mjs";
import { inLanguage } from "../i18n.mjs";

/**
 * What panes may ask of the application.
 * @typedef {object} Actions
 * @property {(code: string, level?: string) => void} showGrid put a grid on the map
 * @property {(code: string, level?: string) => void} openGrid put a grid on the map and into the panel
 * @property {(text: string, what: string, button?: HTMLElement) => void} copy
 * @property {() => void} retry
 * @property {(point: {lon: number, lat: number}) => string} [spoken] a point as it is copied, with its datum
 * @property {() => void} zoomIn move close to the point
 * @property {() => void} share copy the address
 * @property {() => void} [report] report an incident at the place of the answer
 * @property {() => boolean} [mayReport]
 * @property {(code: string) => void} [pick] choose one of the grids that an address may lie in
 * @property {() => void} [correct] correct what became of an address
 * @property {() => boolean} [mayCorrect]
 */

/** @typedef {import("../i18n.mjs").Words} Words */

/**
 * A code with its copy button.
 * @param {string} code @param {Words} words @param {Actions} actions
 */
export function codeTag(code, words, actions) {
  const button = el("button", {
    type: "button",
    class: "icon-button",
    "aria-label": words.t("copy.do", { what: code }),
    on: { click: () => actions.copy(code, code, button) },
  }, icon("copy"));
  return el("span", { class: "code" }, el("span", { text: code }), button);
}

/**
 * People on duty.
 * @param {{role: string, label: string, phone: string|null}[]} staff
 * @param {Words} words
 */
export function staffList(staff, words) {
  if (!staff.length) return el("p", { class: "staff staff-row no-tel", text: words.t("answer.no_staff") });
  return el("ul", { class: "staff" }, ...staff.map(({ role, label, phone }) =>
    el("li", { class: "staff-row" },
      el("span", {},
        role && !label.startsWith(role) ? el("span", { class: "staff-role", text: `${role} ` }) : null,
        el("span", { class: "staff-label", text: label })),
      phone
        ? el("a", {
            class: "tel",
            href: `tel:${phone.replace(/[^\d+*#-]/g, "")}`,
            "aria-label": words.t("answer.call", { who: label, phone }),
          }, icon("phone"), phone)
        : el("span", { class: "no-tel", text: words.t("answer.no_phone") }))));
}

/**
 * A titled part of a pane.
 * @param {string} title @param {...(Node|string|null)} children
 */
export function section(title, ...children) {
  return el("section", { class: "section" }, el("h3", { text: title }), ...children);
}

/**
 * A remark in a box.
 * @param {"plain"|"warn"|"bad"} tone @param {string} iconName @param {...(Node|null)} children
 */
export function note(tone, iconName, ...children) {
  return el("div", { class: "note", data: { tone } }, icon(iconName), el("div", {}, ...children));
}

/** What a level is called; in English its id too, since names are Chinese. */
export function levelName(/** @type {string} */ id, /** @type {string} */ name, /** @type {Words} */ words) {
  return words.language === "en" && id !== name ? `${name} · ${id}` : name;
}

/** Which edition, and what of it is not real. */
export function foot(/** @type {{generation: string, synthetic: string}} */ from, /** @type {Words} */ words, /** @type {(Node|null)[]} */ ...more) {
  return el("footer", { class: "pane-foot" },
    ...more,
    el("p", { text: words.t("answer.generation", { generation: from.generation }) }),
    from.synthetic ? el("p", { class: "warned", text: inLanguage(from.synthetic, words.language) }) : null);
}
