/** What happened to an incident, newest first. */

import { el } from "../dom.mjs";
import { section } from "../panel/parts.mjs";
import { numberLink } from "./composer.mjs";
import { ago, timeProps, when } from "./times.mjs";

/** @typedef {import("./detail.mjs").Context} Context */

const SOURCES = /** @type {Record<string, string>} */ ({
  dispatcher: "source.dispatcher",
  grid_worker: "source.grid_worker",
  citizen: "source.citizen",
  import: "source.import",
  api: "source.api",
});
const FIELDS = /** @type {Record<string, string>} */ ({
  hazard: "field.hazard",
  severity: "field.severity",
  title: "field.title",
  description: "field.description",
  address: "field.address",
  place: "field.place",
  grid: "field.grid",
});
const KINDS = /** @type {Record<string, string>} */ ({
  reported: "event.reported",
  moved: "event.moved",
  edited: "event.edited",
  commented: "event.commented",
  photo: "event.photo",
  absorbed: "event.absorbed",
  released: "event.released",
});

/** Where a report came from, in words. @param {string} source @param {import("../i18n.mjs").Words} words */
export function sourceName(source, words) {
  return source in SOURCES ? words.t(SOURCES[source]) : source;
}

/** @param {any[]} events of /history @param {Context} context */
export function timeline(events, context) {
  const { words } = context;
  return section(words.t("history.title"),
    el("ol", { class: "timeline" }, ...[...events].reverse().map((one) =>
      el("li", { class: "timeline-item", data: { kind: one.kind, tone: context.rules.tone(one.status_to) } },
        el("p", { class: "timeline-head" },
          el("strong", { text: title(one, context) }),
          el("time", { ...timeProps(one.at, words), text: ago(one.at, words) })),
        el("p", { class: "timeline-who", text: [one.actor, one.kind === "reported" && one.data.source ? sourceName(one.data.source, words) : "", when(one.at, words)].filter(Boolean).join(" · ") }),
        ...details(one, context),
        one.note ? el("blockquote", { class: "timeline-note", text: one.note }) : null))));
}

/** @param {any} event @param {Context} context */
function title(event, { words, rules }) {
  if (event.kind !== "moved") return words.t(KINDS[event.kind] ?? event.kind);
  const name = rules.moveName(event.move ?? event.data.move);
  return event.status_to === event.status_from ? name : `${name} → ${rules.statusName(event.status_to)}`;
}

/** @param {any} event @param {Context} context @returns {(Node|null)[]} */
function details({ data }, context) {
  const { words, rules } = context;
  const lines = [];
  if (data.assignee) {
    const { role, code, level } = data.assignee;
    lines.push(el("p", { class: "faint", text: `→ ${[role, code || (level === "city" ? words.t("proposal.city") : level)].filter(Boolean).join(" ")}` }));
  }
  const other = data.into ?? data.merged ?? data.released;
  if (other) lines.push(el("p", {}, "→ ", numberLink(other, context)));
  for (const [field, [before, after]] of Object.entries(data.changed ?? {})) {
    const show = (/** @type {any} */ value) => {
      if (field === "severity") return rules.severityName(value);
      if (field === "hazard") return rules.hazardName(value);
      if (Array.isArray(value)) return value.map((one) => (typeof one === "number" ? one.toFixed(5) : "–")).join(", ");
      return value || "–";
    };
    lines.push(el("p", { class: "faint", text: `${field in FIELDS ? words.t(FIELDS[field]) : field}: ${show(before)} → ${show(after)}` }));
  }
  if (data.personal?.length) lines.push(el("p", { class: "faint", text: words.t("event.personal") }));
  return lines;
}
