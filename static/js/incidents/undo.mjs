/** A move that was made by mistake is taken back, or put right, where the life cycle has a way. */

import { failureText } from "../panel/panes.mjs";
import { focusNote } from "./composer.mjs";

/** @typedef {import("./desk.mjs").IncidentDesk} IncidentDesk */
/** @typedef {import("./sheet.mjs").Sheet} Sheet */

/** @param {IncidentDesk} desk @param {Sheet} sheet @param {string} move that was made */
export function offerBack(desk, sheet, move) {
  const { words, rules, shell } = desk;
  const { number } = sheet;
  const back = sheet.incident?.moves.find((/** @type {any} */ one) => rules?.takesBack(one.move, move));
  if (!back || !rules) return;
  const { status } = sheet.incident;
  shell.toast(words.t("undo.done", { move: rules.moveName(move), number }), {
    label: words.t(back.assignee ? "undo.again" : "undo.back", { move: rules.moveName(back) }),
    passes: true,
    action: () => (back.assignee ? again(desk, number, back.move) : takeBack(desk, sheet, back, status)),
  }, { said: true, slot: `undo ${number}` });
}

/** Take a move back, and say what became of that wherever one has gone since. @param {IncidentDesk} desk @param {Sheet} made on which it was made @param {any} back @param {string} status to which it led */
async function takeBack(desk, made, back, status) {
  const { words, rules, shell } = desk;
  const sheet = desk.sheet?.number === made.number ? desk.sheet : made;
  const { number } = made;
  /** @param {string} key */
  const tell = (key) => shell.toast(words.t(key, { number, status: rules?.statusName(sheet.incident?.status ?? status) ?? "" }), undefined, { slot: `undo ${number}` });
  try {
    tell(await sheet.takeBack(back, status) ? "undo.taken" : "undo.late");
  } catch (error) {
    const { message } = failureText(error, words);
    shell.toast(words.t("undo.failed", { number, why: message }), undefined, { slot: `undo ${number}` });
  }
}

/** Begin to choose somebody else. @param {IncidentDesk} desk @param {string} number @param {string} move */
async function again(desk, number, move) {
  await desk.open(number);
  const { sheet, words, rules, shell } = desk;
  if (sheet?.number !== number || !sheet.incident) return;
  const found = sheet.incident.moves.find((/** @type {any} */ one) => one.move === move);
  if (found) {
    sheet.move(found);
    focusNote(desk.body);
  } else shell.toast(words.t("undo.late", { number, status: rules?.statusName(sheet.incident.status) ?? "" }));
}
