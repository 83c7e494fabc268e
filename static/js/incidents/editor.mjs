/** The form in which what an incident says is corrected. */

import { el, icon } from "../dom.mjs";
import { metres, pointText } from "../i18n.mjs";
import { note, section } from "../panel/parts.mjs";
import { distanceM } from "../work/geometry.mjs";
import { conflictNote } from "./composer.mjs";
import { SEVERITY } from "./rules.mjs";

/** @typedef {import("./sheet.mjs").Sheet} Sheet */
/** @typedef {import("./detail.mjs").Context} Context */

/** @param {Sheet} sheet @param {Context} context */
export function editor(sheet, context) {
  const { words, rules, act } = context;
  const t = words.t.bind(words);
  const { incident, wrong, busy } = sheet;
  const editing = /** @type {import("./editing.mjs").Editing} */ (sheet.editing);
  /** @param {string} name @param {(text: string) => any} [read] */
  const keep = (name, read = (text) => text) => (/** @type {any} */ event) => { editing.values[name] = read(event.target.value); };
  /** @param {string} name @param {Record<string, any>} [props] */
  const line = (name, props) => field(t(`field.${name}`), el("input", { type: "text", name: `edit-${name}`, value: editing.value(name, incident), autocomplete: "off", ...props, on: { input: keep(name) } }));
  return section(t("edit.title"),
    el("form", { class: "report editor", data: { busy: String(busy) }, on: { submit: (/** @type {Event} */ event) => {
      event.preventDefault();
      act.save();
    } } },
      conflictNote(sheet, context),
      wrong ? el("div", { role: "alert" }, note("bad", "warn", el("p", { text: wrong.message }), wrong.hint ? el("p", { text: wrong.hint }) : null)) : null,
      el("div", { class: "field-pair" },
        field(t("field.hazard"), el("select", { name: "edit-hazard", on: { change: keep("hazard") } },
          ...rules.hazards().map(({ id, label, parent }) => el("option", { value: id, text: parent ? `\u3000${label}` : label, selected: id === editing.value("hazard", incident) })))),
        field(t("field.severity"), el("select", { name: "edit-severity", on: { change: keep("severity", Number) } },
          ...[1, 2, 3, 4].map((one) => el("option", { value: one, text: t(SEVERITY[one]), selected: one === editing.value("severity", incident) }))))),
      line("title", { required: true, maxlength: 200 }),
      field(t("field.description"), el("textarea", { name: "edit-description", rows: 2, maxlength: 10000, text: editing.value("description", incident), on: { input: keep("description") } })),
      line("address", { maxlength: 300 }),
      place(sheet, context),
      field(t(incident.open ? "edit.note" : "edit.note_needed"), el("input", { type: "text", name: "edit-note", value: editing.note, required: !incident.open, maxlength: 2000, autocomplete: "off", on: { input: (/** @type {any} */ event) => { editing.note = event.target.value; } } })),
      el("div", { class: "actions" },
        el("button", { type: "submit", class: "button button-strong", name: "edit-save", disabled: busy, text: t("edit.save") }),
        el("button", { type: "button", class: "button button-plain", name: "edit-drop", disabled: busy, text: t("composer.cancel"), on: { click: act.dropEdit } }))));
}

/** Where it was said to be, where it is put, and how. @param {Sheet} sheet @param {Context} context */
function place(sheet, { words, act, hasPin }) {
  const t = words.t.bind(words);
  const { incident } = sheet;
  const { spot, isPlacing, isSeeking, candidates, why } = /** @type {import("./editing.mjs").Editing} */ (sheet.editing);
  const way = spot && incident.lon !== null ? distanceM([incident.lon, incident.lat], [spot.lon, spot.lat]) : null;
  const present = incident.lon === null ? t("edit.nowhere") : pointText(incident.lon, incident.lat);
  return el("fieldset", { class: "choice edit-place", data: { placing: String(isPlacing), moved: String(spot !== null) } },
    el("legend", { text: t("detail.place") }),
    el("p", { class: "report-spot", role: "status" }, icon("target"), spot
      ? el("span", {}, el("strong", { text: spot.name || t("edit.outside") }), [pointText(spot.lon, spot.lat), way === null ? "" : t("edit.way", { d: metres(way) })].filter(Boolean).join(" · "))
      : el("span", {}, el("strong", { text: incident.place.chain.at(-1)?.name ?? present }), incident.place.chain.length ? present : null)),
    isPlacing ? el("p", { class: "faint", text: t("edit.placing") }) : null,
    el("div", { class: "actions" },
      el("button", { type: "button", class: "button", name: "edit-place", "aria-pressed": String(isPlacing), text: t("edit.by_map"), on: { click: act.editPlace } }),
      hasPin() ? el("button", { type: "button", class: "button", name: "edit-pin", text: t("edit.by_pin"), on: { click: act.usePin } }) : null,
      el("button", { type: "button", class: "button", name: "edit-seek", disabled: isSeeking, text: t(isSeeking ? "edit.seeking" : "edit.by_address"), on: { click: act.seek } }),
      spot ? el("button", { type: "button", class: "button button-plain", name: "edit-stay", text: t("edit.stay"), on: { click: act.stay } }) : null),
    why ? note("warn", "warn", el("p", { text: why }),
      ...candidates.map((one) => el("p", {}, el("button", { type: "button", class: "link", name: `edit-at-${one.grid}`, text: one.name, title: one.reason, on: { click: () => act.choose(one) } })))) : null);
}

/** @param {string} label @param {HTMLElement} control */
function field(label, control) {
  return el("label", { class: "field" }, el("span", { text: label }), control);
}
