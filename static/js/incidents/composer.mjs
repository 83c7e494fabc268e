/** What can be done with an incident now: one note, a button for every move that is allowed. */

import { el, icon, link } from "../dom.mjs";
import { metres } from "../i18n.mjs";
import { note, section } from "../panel/parts.mjs";
import { people } from "./proposal.mjs";
import { signOf } from "./symbols.mjs";
import { ago } from "./times.mjs";

/** @typedef {import("./sheet.mjs").Sheet} Sheet */
/** @typedef {import("./detail.mjs").Context} Context */

const MOST = 2000;
/** Moves that end an incident stand apart from those that lead on. */
const ENDS = new Set(["reject", "settle", "merge"]);

/** @param {Sheet} sheet @param {Context} context */
export function composer(sheet, context) {
  const { words, may, act } = context;
  const { moves } = sheet.incident;
  const comments = may("handle");
  if (!moves.length && !comments) return null;
  return section(words.t("composer.title"),
    el("form", { class: "composer", data: { busy: String(sheet.busy) }, on: { submit: (/** @type {Event} */ event) => event.preventDefault() } },
      conflictNote(sheet, context),
      sheet.wrong ? note("bad", "warn", el("p", { text: sheet.wrong.message }), sheet.wrong.hint ? el("p", { text: sheet.wrong.hint }) : null) : null,
      el("label", { class: "field" },
        el("span", { class: "hidden", text: words.t("composer.note") }),
        el("textarea", {
          name: "note", rows: 2, maxlength: MOST, placeholder: words.t("composer.placeholder"), text: sheet.note,
          "aria-invalid": sheet.wants ? "true" : null, "aria-describedby": sheet.wants ? "composer-wants" : null,
          "aria-keyshortcuts": "Control+Enter",
          on: {
            input: (/** @type {any} */ event) => { sheet.note = event.target.value; },
            keydown: (/** @type {KeyboardEvent} */ event) => {
              if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
              event.preventDefault();
              act.send();
            },
          },
        })),
      sheet.wants ? el("p", { id: "composer-wants", class: "composer-wants", role: "alert", text: words.t("composer.wants", { move: sheet.wants === "comment" ? words.t("composer.comment") : context.rules.moveName(sheet.wants) }) }) : null,
      sheet.choice ? choice(sheet, context) : buttons(sheet, context, comments)));
}

/** @param {Sheet} sheet @param {Context} context @param {boolean} comments */
function buttons(sheet, context, comments) {
  const { rules, words, act } = context;
  const { status } = sheet.incident;
  // The usual next step first, then what else leads on, then what ends it.
  const rank = (/** @type {any} */ one) => (rules.isForward(status, one.move) ? 0 : ENDS.has(one.move) ? 2 : 1);
  const moves = [...sheet.incident.moves].sort((a, b) => rank(a) - rank(b));
  return el("div", { class: "actions" },
    ...moves.map((one, i) => el("button", {
      type: "button",
      class: rules.isForward(status, one.move) ? "button button-strong" : "button",
      name: `move-${one.move}`,
      disabled: sheet.busy,
      title: hint(one, sheet, context),
      data: { key: String(i + 1) },
      "aria-keyshortcuts": String(i + 1),
      on: { click: () => act.move(one) },
    }, rules.moveName(one) + (one.assignee || one.move === "merge" ? "…" : ""))),
    comments ? el("button", { type: "button", class: "button button-plain", name: "comment", disabled: sheet.busy, text: words.t("composer.comment"), on: { click: act.comment } }) : null);
}

/** What a button says on hovering. @param {any} move @param {Sheet} sheet @param {Context} context */
function hint(move, sheet, { words }) {
  const above = move.move === "escalate" ? sheet.proposal?.above : null;
  return [above ? `→ ${above.name}` : "", move.note ? words.t("composer.needs_note") : ""].filter(Boolean).join(" · ") || null;
}

/** Who gets it, or into which it is merged. @param {Sheet} sheet @param {Context} context */
function choice(sheet, context) {
  const { words, rules, act } = context;
  const move = sheet.choice;
  const merging = move.move === "merge";
  return el("fieldset", { class: "choice" },
    el("legend", { text: words.t(merging ? "merge.into" : "composer.to_whom", { move: rules.moveName(move) }) }),
    merging ? mergeChoice(sheet, context) : assigneeChoice(sheet, context),
    el("div", { class: "actions" },
      el("button", { type: "button", class: "button button-strong", name: "confirm", disabled: sheet.busy || !sheet.picked, text: rules.moveName(move), on: { click: act.confirm } }),
      el("button", { type: "button", class: "button", name: "cancel", text: words.t("composer.cancel"), on: { click: act.cancel } })));
}

/** @param {Sheet} sheet @param {Context} context */
function assigneeChoice(sheet, { words, act }) {
  if (!sheet.proposal) return el("p", { class: "faint", text: words.t("loading.more") });
  const { offers, neighbours } = sheet.proposal;
  return el("div", { class: "choice-rows" }, ...[...offers, ...neighbours].map((offer, i) => {
    const { level, code, role } = offer;
    const key = [level, code, role].join("|");
    return el("label", { class: "choice-row" },
      el("input", { type: "radio", name: "assignee", value: String(i), checked: sheet.picked?.key === key,
        on: { change: () => act.pick({ key, level, code, role }) } }),
      people(offer, words));
  }));
}

/** @param {Sheet} sheet @param {Context} context */
function mergeChoice(sheet, { words, rules, act }) {
  const found = sheet.duplicates;
  return el("div", { class: "choice-rows" },
    !found ? el("p", { class: "faint", text: words.t("loading.more") }) : null,
    found && !found.length ? el("p", { class: "faint", text: words.t("merge.none") }) : null,
    ...(found ?? []).map((/** @type {any} */ one) => el("label", { class: "choice-row" },
      el("input", { type: "radio", name: "into", value: one.number, checked: sheet.picked?.key === one.number,
        on: { change: () => act.pick({ key: one.number }) } }),
      el("span", { class: "choice-text" },
        el("span", { class: "dup-title" }, signOf(rules.sign(one)), el("strong", { text: one.title })),
        el("span", { class: "faint", text: [one.number, metres(one.distance_m), ago(one.reported_at, words)].join(" · ") })))),
    el("label", { class: "field" },
      el("span", { text: words.t("merge.number") }),
      el("input", { type: "text", name: "into-number", placeholder: "JY-20260101-0001", spellcheck: "false", autocomplete: "off", value: sheet.typedNumber,
        on: { input: (/** @type {any} */ event) => act.typeNumber(event.target.value.trim()) } })));
}

/** Another was faster: say who did what. @param {Sheet} sheet @param {Context} context */
export function conflictNote(sheet, { words, rules }) {
  const { conflict } = sheet;
  if (!conflict) return null;
  const what = conflict.move ? rules.moveName(conflict.move) : words.t(`event.${conflict.kind}`);
  return el("div", { role: "alert", data: { conflict: "" } }, note("warn", "warn",
    el("p", {}, el("strong", { text: words.t("conflict.title") })),
    el("p", { text: words.t("conflict.text", { who: conflict.actor, what, when: ago(conflict.at, words), status: rules.statusName(sheet.incident.status) }) }),
    el("p", { text: words.t(sheet.note || sheet.editing?.isBegun ? "conflict.kept" : "conflict.decide") })));
}

/** Go to where a reason is written. @param {HTMLElement} body of the panel */
export function focusNote(body) {
  /** @type {HTMLElement|null} */ (body.querySelector('[name="note"]'))?.focus();
}

/** A number that opens its incident. @param {string} number @param {Context} context */
export function numberLink(number, { act }) {
  return link(number, () => act.openOther(number), { class: "link inc-number" });
}

/** A button for what is done in passing. @param {string} name @param {string} text @param {() => void} action */
export function quiet(name, text, action) {
  return el("button", { type: "button", class: "icon-button", "aria-label": text, title: text, on: { click: action } }, icon(name));
}
