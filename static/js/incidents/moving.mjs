/** A report and the map say the same place: a click while it is written moves it, which can be taken back. */

import { failureText } from "../panel/panes.mjs";

/** @typedef {import("./desk.mjs").IncidentDesk} IncidentDesk */

/** How close an incident is looked at. */
const CLOSE_ZOOM = 14.5;

/** Whether the form of a report is what is seen. @param {IncidentDesk} desk */
export function isReporting({ shell, mode, form }) {
  return shell.panelOpen && shell.tab === "incidents" && mode === "report" && Boolean(form?.spot);
}

/** What a report needs to know of an answer. @param {any} answer of /api/locate @returns {import("./report.mjs").Spot} */
export function spotOf(answer) {
  return { lon: answer.lon, lat: answer.lat, name: answer.chain.at(-1)?.name ?? answer.outside?.name ?? "", address: answer.address?.standard_address ?? "" };
}

/**
 * Move the report to where the map was clicked; what was typed stays.
 * @param {IncidentDesk} desk @param {import("../questions.mjs").PointQuestion} question
 */
export async function moveReport(desk, question) {
  const { app, words, form } = desk;
  const before = { question: app.question, spot: form?.spot };
  await app.ask(question, true);
  if (app.failure && isReporting(desk)) {
    app.shell.toast(failureText(app.failure, words).message);
    return markReport(desk);
  }
  if (app.question !== question || !app.answer || !isReporting(desk) || !form) return;
  const spot = spotOf(app.answer);
  form.at(spot, question.roughM);
  app.shell.toast(words.t("report.moved", { name: spot.name || words.t("report.moved_here") }), before.spot && before.question?.kind === "point" ? {
    label: words.t("report.move_back"),
    passes: true,
    action: () => desk.form?.spot === spot && moveReport(desk, /** @type {import("../questions.mjs").PointQuestion} */ (before.question)),
  } : undefined);
}

/** Show where an incident is, on the map and below it. @param {IncidentDesk} desk @param {any} incident @param {boolean} go or only as far as it takes to see it */
export function lookAt({ app, view }, incident, go) {
  app.readout?.tell(incident, incident.place?.chain?.at(-1)?.code ?? "");
  if (go) view.go(incident, CLOSE_ZOOM);
  else view.reveal(incident);
}

/** The pin stands where the report is, whatever was asked meanwhile. @param {IncidentDesk} desk */
export function markReport(desk) {
  if (isReporting(desk)) desk.view.mark(desk.form?.spot ?? null);
}
