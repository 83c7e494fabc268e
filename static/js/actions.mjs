/** What panes may ask of the application. */

import { spoken } from "./readout.mjs";

/** How close a point is looked at. */
export const CLOSE_ZOOM = 16;

/** @param {import("./app.mjs").App} app @returns {import("./panel/parts.mjs").Actions & {report: () => void, mayReport: () => boolean, pick: (code: string) => void}} */
export function actionsOf(app) {
  return {
    showGrid: (code, level) => app.showGrid(code, level),
    openGrid: (code, level) => app.ask({ kind: "grid", code, level, by: "map" }),
    copy: (text, what) => app.copy(text, what),
    spoken: (point) => spoken(point, app.readout?.datum),
    retry: () => app.question && app.ask(app.question),
    zoomIn: () => app.answer && app.view.go(app.answer, CLOSE_ZOOM + 1),
    share: () => app.copy(location.href, app.words.t("answer.share")),
    report: () => app.desk?.report(app.answer, app.question?.kind === "point" ? app.question.roughM : 0),
    pick: (code) => app.question?.kind === "address" && app.ask({ ...app.question, pick: code, by: "map" }),
    correct: () => app.corrections?.open(app.answer),
    mayCorrect: () => app.corrections !== null && (app.desk?.may("dispatch") ?? false),
    mayReport: () => app.desk?.may("report") ?? false,
  };
}
