/** Which topic is drawn: chosen in the card of topics, drawn at once. */

import { el } from "../dom.mjs";
import { levelName } from "../panel/parts.mjs";
import { hasMonths, KINDS, MEANINGS, MEASURES, yearBefore } from "./spec.mjs";

/** @typedef {import("./board.mjs").Board} Board */

/** @param {Board} board @returns {Node[]} */
export function topicForm(board) {
  const { app, topic } = board;
  const { words, city, desk } = app;
  const t = words.t.bind(words);
  /** @param {string} name @param {string} label @param {[string, string][]} options @param {string} value @param {(value: string) => void} change */
  const select = (name, label, options, value, change) => el("label", { class: "field" }, el("span", { text: label }),
    el("select", { name: `topic-${name}`, on: { change: (/** @type {any} */ event) => change(event.target.value) } },
      ...options.map(([id, text]) => el("option", { value: id, text, selected: id === value }))));
  const kinds = el("div", { class: "topic-kinds", role: "radiogroup", "aria-label": t("topic.kinds") },
    ...["", ...KINDS].map((kind) => el("label", { class: "topic-kind" },
      el("input", { type: "radio", name: "topic-kind", value: kind, checked: kind === (topic?.kind ?? ""), on: { change: () => (kind ? board.change({ kind, measure: "", month: "" }) : board.show(null)) } }),
      el("span", { text: t(kind ? `topic.kind.${kind}` : "topic.none") }))));
  if (!topic) return [kinds, el("p", { class: "topic-hint", text: t("topic.hint") })];
  const levels = city.levels.map((/** @type {any} */ one) => [one.id, levelName(one.id, one.name, words)]);
  const parts = [kinds];
  if (topic.kind === "coverage") {
    parts.push(select("subject", t("topic.meaning"), MEANINGS.map((one) => [one, t(`topic.meaning.${one}`)]), topic.subject, (subject) => board.change({ subject, measure: "" })));
    if (board.measures.length) parts.push(select("measure", t("topic.measure"), board.measures, topic.measure || board.measures[0][0], (measure) => board.change({ measure })));
  } else {
    const hazards = /** @type {[string, string][]} */ ((desk?.rules?.hazards() ?? []).map(({ id, label, parent }) => [id, parent ? `　${label}` : label]));
    parts.push(select("subject", t("topic.hazard"), [["", t("topic.all")], ...hazards], topic.subject, (subject) => board.change({ subject })));
    if (topic.kind !== "heat") {
      parts.push(select("measure", t("topic.measure"), MEASURES.map((one) => [one, t(`topic.measure.${one}`)]), topic.measure, (measure) => board.change({ measure })));
    }
  }
  if (topic.kind !== "heat") parts.push(select("level", t("topic.level"), levels, topic.level, (level) => board.change({ level })));
  if (topic.kind !== "coverage") parts.push(period(board));
  return parts;
}

/** @param {Board} board */
function period(board) {
  const { topic, whole } = board;
  const t = board.app.words.t.bind(board.app.words);
  const from = topic?.from || whole?.period?.from || "";
  const to = topic?.to || whole?.period?.to || "";
  /** @param {"from"|"to"} name @param {string} label @param {string} value */
  const day = (name, label, value) => el("label", { class: "field" }, el("span", { text: label }),
    el("input", { type: "date", name: `topic-${name}`, value, on: { change: (/** @type {any} */ event) => {
      const days = { from, to, [name]: event.target.value };
      if (days.from && days.to && days.from < days.to) board.change({ ...days, month: "" });
    } } }));
  /** @param {string} label @param {() => void} act */
  const preset = (label, act) => el("button", { type: "button", class: "chip", text: label, on: { click: act } });
  return el("div", { class: "topic-period" },
    el("div", { class: "field-pair" }, day("from", t("topic.from"), from), day("to", t("topic.to"), to)),
    el("div", { class: "chips" },
      preset(t("topic.last_year"), () => board.change({ from: "", to: "", month: "" })),
      from && to ? preset(t("topic.year_before"), () => board.change({ from: yearBefore(from), to: yearBefore(to), month: "" })) : null),
    topic && hasMonths(topic) && board.app.view.map ? beside(board, { from, to }) : null);
}

/** Any other period to hold this one beside. @param {Board} board @param {{from: string, to: string}} own */
function beside(board, own) {
  const { topic } = board;
  const t = board.app.words.t.bind(board.app.words);
  const [from, to] = [topic?.besideFrom ?? "", topic?.besideTo ?? ""];
  const isOn = Boolean(from && to);
  /** @param {"from"|"to"} name @param {string} value */
  const day = (name, value) => el("label", { class: "field" }, el("span", { text: t(`topic.${name}`) }),
    el("input", { type: "date", name: `topic-beside-${name}`, value, on: { change: (/** @type {any} */ event) => {
      const days = { from, to, [name]: event.target.value };
      if (days.from && days.to && days.from < days.to) board.change({ besideFrom: days.from, besideTo: days.to });
    } } }));
  const first = { from: yearBefore(own.from), to: yearBefore(own.to) };
  return el("div", { class: "topic-beside" },
    el("label", { class: "topic-beside-on" },
      el("input", { type: "checkbox", name: "topic-beside", checked: isOn, disabled: !own.from, on: { change: () => board.change(isOn ? { besideFrom: "", besideTo: "" } : { besideFrom: first.from, besideTo: first.to }) } }),
      el("span", { text: t("topic.beside_other") })),
    isOn ? el("div", { class: "field-pair" }, day("from", from), day("to", to)) : null);
}
