/** The form of a report in the desk: what follows when it is sent or given up, and how one goes on with it after a reload. */

import { CLOSE_ZOOM } from "../actions.mjs";
import { markReport } from "./moving.mjs";
import { Report } from "./report.mjs";

/** @typedef {import("./desk.mjs").IncidentDesk} IncidentDesk */

/** @param {IncidentDesk} desk @param {import("./detail.mjs").Context} context */
export function reportOf(desk, context) {
  const { app, calls, shell, words } = desk;
  return new Report({
    calls,
    context,
    back: () => desk.turn("list"),
    openOther: (number) => desk.open(number, { go: true }),
    filed: ({ incident, duplicates }, photos) => {
      desk.mine.add(incident.number);
      app.forget();
      desk.open(incident.number, { offered: duplicates });
      if (photos.length) desk.sheet?.addPhotos(photos);
      shell.announce(words.t("report.filed", { number: incident.number }));
    },
    dropped: (bringBack) => {
      desk.turn("list");
      shell.toast(words.t("report.dropped"), { label: words.t("report.bring_back"), passes: true, action: () => {
        bringBack();
        desk.turn("report");
        markReport(desk);
      } });
    },
  });
}

/**
 * Take up what this tab keeps of a report: shown if it was being written when the page was left, else offered, as after a
 * sign-in, which knows of no such thing.
 * @param {IncidentDesk} desk @param {boolean} shown
 */
export function resumeReport(desk, shown) {
  const { form, shell, words } = desk;
  if (!desk.may("report") || !form?.resume()) return;
  if (shown) goOn(desk, false);
  else if (form.isBegun) shell.toast(words.t("report.kept"), { label: words.t("report.go_on"), passes: true, action: () => goOn(desk, true) });
}

/** Show a report that was begun, and its place on the map. @param {IncidentDesk} desk @param {boolean} go whether the map moves there */
function goOn(desk, go) {
  const { app, form } = desk;
  const spot = form?.spot;
  if (!spot) return;
  app.ask({ kind: "point", lon: spot.lon, lat: spot.lat, datum: "wgs84", roughM: 0, by: "address" }, true);
  if (go) app.view.go(spot, CLOSE_ZOOM);
  desk.turn("report");
  markReport(desk);
}
