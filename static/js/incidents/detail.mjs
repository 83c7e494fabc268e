/** One incident: what it is, where, who should go, what was done, what can be done now. */

import { el, icon, link } from "../dom.mjs";
import { metres, pointText } from "../i18n.mjs";
import { failureText } from "../panel/panes.mjs";
import { codeTag, levelName, note, section } from "../panel/parts.mjs";
import { composer, numberLink, quiet } from "./composer.mjs";
import { editor } from "./editor.mjs";
import { photosSection } from "./photos.mjs";
import { proposalSection } from "./proposal.mjs";
import { PAGE } from "./report.mjs";
import { signOf } from "./symbols.mjs";
import { sourceName, timeline } from "./timeline.mjs";
import { ago, dueText, timeProps, when } from "./times.mjs";

/**
 * @typedef {object} Context
 * @property {import("../i18n.mjs").Words} words
 * @property {import("./rules.mjs").Rules} rules
 * @property {import("../panel/parts.mjs").Actions} actions
 * @property {(permission: string) => boolean} may
 * @property {() => boolean} hasPin whether a place is answered that an incident may be put to
 * @property {import("./desk.mjs").Acts} act
 */

/** @param {import("./sheet.mjs").Sheet} sheet @param {Context} context */
export function detailPane(sheet, context) {
  const { words, rules, act } = context;
  const { incident } = sheet;
  if (!incident) return waiting(sheet, context);
  const due = dueText(incident, words);
  return el("article", { class: "pane inc-pane", data: { pane: "incident", number: incident.number, version: String(incident.version) } },
    toolbar(context, sheet),
    el("div", { class: "inc-head" },
      signOf(rules.sign(incident)),
      el("div", {},
        el("h2", { class: "pane-title", tabindex: "-1", text: incident.title }),
        el("p", { class: "inc-kicker" },
          el("span", { class: "badge", data: { tone: rules.tone(incident.status), status: incident.status }, text: rules.statusName(incident.status) }),
          due ? el("span", { class: "inc-due", data: { late: String(due.late) }, title: when(incident.due_at, words), text: due.text }) : null,
          el("span", { text: [rules.hazardName(incident.hazard), rules.severityName(incident.severity)].join(" · ") })))),
    codeTag(incident.number, words, context.actions),
    incident.description ? el("p", { class: "inc-text", text: incident.description }) : null,
    incident.merged_into ? note("plain", "info", el("p", {}, words.t("merge.merged_into"), numberLink(incident.merged_into, context))) : null,
    incident.assignee ? el("p", { class: "inc-assignee" }, el("span", { class: "faint", text: words.t("detail.assignee") }),
      el("strong", { text: [incident.assignee.name || incident.assignee.code, incident.assignee.role].filter(Boolean).join(" · ") })) : null,
    duplicatesNote(sheet, context),
    sheet.editing ? editor(sheet, context) : composer(sheet, context),
    incident.open ? proposalSection(sheet.proposal, words) : null,
    place(incident, context),
    photosSection(sheet, context),
    reporter(sheet, context),
    timeline(sheet.events, context),
    facts(incident, context),
    el("footer", { class: "pane-foot" },
      incident.synthetic ? el("p", { class: "warned", text: words.t("detail.synthetic") }) : null,
      el("p", { text: words.t("detail.version", { n: incident.version }) }),
      el("p", {}, link(words.t("detail.back"), act.back))));
}

/** @param {import("./sheet.mjs").Sheet} sheet @param {Context} context */
function waiting(sheet, context) {
  const { words, act } = context;
  if (!sheet.failure) {
    return el("article", { class: "pane inc-pane", data: { pane: "waiting" }, "aria-busy": "true" }, toolbar(context),
      ...Array.from({ length: 9 }, (_, i) => el("div", { class: i ? "bone" : "bone bone-title" })));
  }
  const { message, hint } = failureText(sheet.failure, words);
  return el("article", { class: "pane inc-pane", role: "alert", data: { pane: "failure" } }, toolbar(context),
    el("div", { class: "error-mark" }, icon("warn")),
    el("h2", { class: "pane-title", text: words.t("detail.failed", { number: sheet.number }) }),
    el("p", { class: "pane-text", text: message }),
    hint ? el("p", { class: "pane-text", text: hint }) : null,
    el("div", { class: "actions" }, el("button", { type: "button", class: "button button-strong", text: words.t("error.retry"), on: { click: act.reload } })));
}

/** @param {Context} context @param {import("./sheet.mjs").Sheet|null} [sheet] what may be corrected */
function toolbar({ words, act, actions, may }, sheet = null) {
  return el("div", { class: "inc-bar" },
    el("button", { type: "button", class: "button-back", name: "back", on: { click: act.back } }, icon("back"), words.t("detail.back")),
    el("span", { class: "inc-bar-end" },
      sheet && may("dispatch") ? el("button", { type: "button", class: "button-back", name: "edit", "aria-pressed": String(sheet.editing !== null), text: words.t("edit.begin"), on: { click: sheet.editing ? act.dropEdit : act.edit } }) : null,
      quiet("target", words.t("detail.show"), act.show), quiet("share", words.t("answer.share"), actions.share)));
}

/** What may be the same; said once, after the report. @param {import("./sheet.mjs").Sheet} sheet @param {Context} context */
function duplicatesNote(sheet, context) {
  const { words } = context;
  if (!sheet.offered?.length || !sheet.incident.open) return null;
  return note("warn", "warn",
    el("p", {}, el("strong", { text: words.t("duplicates.may_be", { n: sheet.offered.length }) })),
    ...sheet.offered.map((/** @type {any} */ one) => el("p", {}, numberLink(one.number, context), ` ${one.title} · ${metres(one.distance_m)}`)));
}

/** @param {any} incident @param {Context} context */
function place(incident, { words, actions, may, act }) {
  const { chain, overlays, border_note: border, outside, status } = incident.place;
  return section(words.t("detail.place"),
    incident.address ? el("p", { text: incident.address }) : null,
    status === "unlocated" ? el("p", { class: "faint", text: words.t("detail.unlocated") }) : null,
    outside ? el("p", { text: words.t("detail.outside", { name: outside.name, who: outside.governed_by }) }) : null,
    el("ol", { class: "inc-chain" }, ...[...chain, ...overlays].map((/** @type {any} */ one) =>
      el("li", { data: { code: one.code } },
        el("span", { class: "faint", text: levelName(one.level, one.level_name, words) }),
        link(one.name || one.code, () => actions.showGrid(one.code, one.level), { title: one.code })))),
    border ? note("warn", "warn", el("p", { class: "inc-border", text: border })) : null,
    incident.lon === null ? null : el("p", { class: "faint inc-point" }, pointText(incident.lon, incident.lat),
      incident.accuracy_m ? ` ± ${metres(incident.accuracy_m)}` : ""),
    may("dispatch") ? el("p", {}, link(words.t(incident.lon === null ? "edit.put" : "edit.move"), act.editPlace, { name: "move-place" })) : null);
}

/** @param {import("./sheet.mjs").Sheet} sheet @param {Context} context */
function reporter(sheet, { words, may, act }) {
  if (!may("contact")) return null;
  const { contact } = sheet;
  return section(words.t("contact.title"), contact
    ? el("p", { class: "contact", data: { contact: "" } }, contact.name || contact.contact
      ? [contact.name, contact.contact].filter(Boolean).join(" · ") : words.t("contact.none"))
    : el("div", { class: "contact" },
        el("button", { type: "button", class: "button", name: "contact", text: words.t("contact.show"), on: { click: act.contact } }),
        el("span", { class: "faint", text: words.t("contact.recorded") })));
}

/** @param {any} incident @param {Context} context */
function facts(incident, context) {
  const { words } = context;
  /** @param {string} key @param {string|null} instant */
  const time = (key, instant) => (instant ? row(words.t(key), el("time", { ...timeProps(instant, words), text: `${when(instant, words)} · ${ago(instant, words)}` })) : null);
  /** @param {string} name @param {Node|string} value */
  const row = (name, value) => el("li", { class: "row" }, el("span", { class: "faint", text: name }), el("span", {}, value));
  const given = incident.datum !== "wgs84" && incident.lon_given !== null;
  return section(words.t("detail.facts"), el("ul", { class: "rows" },
    row(words.t("field.source"), sourceName(incident.source, words)),
    time("field.occurred_at", incident.occurred_at),
    time("field.reported_at", incident.reported_at),
    time("field.dispatched_at", incident.dispatched_at),
    time("field.closed_at", incident.closed_at),
    incident.due_at ? row(words.t("field.due_at"), when(incident.due_at, words)) : null,
    given ? row(`${words.t("field.given")} (${incident.datum.toUpperCase()})`, pointText(incident.lon_given, incident.lat_given)) : null,
    incident.external_id && incident.external_source !== PAGE ? row(words.t("field.external_id"), `${incident.external_source} · ${incident.external_id}`) : null,
    row(words.t("field.generation"), incident.place.generation),
    incident.merged.length ? row(words.t("field.merged"), el("span", { class: "inc-merged" }, ...incident.merged.map((/** @type {string} */ one) => numberLink(one, context)))) : null));
}
