/** An incident is put where it was: by a click on the map, by the pin that stands there, or by its address. */

import { CLOSE_ZOOM } from "../actions.mjs";
import { isStale } from "../api.mjs";
import { failureText } from "../panel/panes.mjs";
import { isReporting, moveReport, spotOf } from "./moving.mjs";

/** @typedef {import("./desk.mjs").IncidentDesk} IncidentDesk */
/** @typedef {import("../questions.mjs").PointQuestion} PointQuestion */

/** Whether a click on the map says where the open incident was. @param {IncidentDesk} desk */
function isPlacing({ shell, mode, sheet }) {
  return shell.panelOpen && shell.tab === "incidents" && mode === "sheet" && Boolean(sheet?.editing?.isPlacing);
}

/**
 * Take a place of the map, if a report or an incident wants one.
 * @param {IncidentDesk|null} desk @param {PointQuestion} question
 * @returns {Promise<void>|undefined} undefined if none does
 */
export function takePlace(desk, question) {
  if (desk && isReporting(desk)) return moveReport(desk, question);
  return desk && isPlacing(desk) ? put(desk, question) : undefined;
}

/** @param {IncidentDesk} desk @param {PointQuestion} question */
async function put(desk, question) {
  const { app, sheet, words } = desk;
  await app.ask(question, true);
  if (app.question !== question) return;
  if (app.failure) app.shell.toast(failureText(app.failure, words).message);
  else sheet?.editing?.at(spotOf(app.answer), question.roughM);
}

/** Whether a place is answered that an incident may be put to. @param {IncidentDesk} desk */
export function hasPin({ app }) {
  return typeof app.answer?.lon === "number";
}

/** Take the place that was answered last. @param {IncidentDesk} desk */
export function usePin(desk) {
  const { app, sheet } = desk;
  if (hasPin(desk)) sheet?.editing?.at(spotOf(app.answer), app.question?.kind === "point" ? app.question.roughM : 0);
}

/** Look the address up that is typed, and take its place if it is one. @param {IncidentDesk} desk */
export async function seek(desk) {
  const { calls, sheet, shell, words } = desk;
  const editing = sheet?.editing;
  const text = editing?.value("address", sheet?.incident).trim();
  if (!editing || !text || editing.isSeeking) return;
  try {
    const found = await editing.seek(async () => (await calls.assign(text, new AbortController().signal)).results[0]);
    if (found && desk.sheet === sheet) choose(desk, found);
  } catch (error) {
    if (!isStale(error)) shell.toast(failureText(error, words).message);
  }
}

/** Take one of the places that an address may mean, and go there. @param {IncidentDesk} desk @param {any} found */
export function choose({ app, sheet, view }, { lon, lat, chain }) {
  app.ask({ kind: "point", lon, lat, datum: "wgs84", roughM: 0, by: "address" }, true);
  view.go({ lon, lat }, CLOSE_ZOOM);
  sheet?.editing?.at({ lon, lat, name: chain.at(-1)?.name ?? "" }, 0);
}
