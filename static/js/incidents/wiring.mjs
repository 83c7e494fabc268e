/** What buttons, keys, the clipboard and dropped files do with incidents. */

import { byId } from "../dom.mjs";
import { focusNote } from "./composer.mjs";
import { dropEdit, edit, save } from "./editing.mjs";
import { picturesIn } from "./photos.mjs";
import { choose, seek, usePin } from "./placing.mjs";
import { usePlace } from "./uploads.mjs";

/** @typedef {import("./desk.mjs").IncidentDesk} IncidentDesk */
/** @typedef {import("./sheet.mjs").Sheet} Sheet */

const CLOSE_ZOOM = 14.5;

/** What the panes of an incident may ask for. @param {IncidentDesk} desk @returns {import("./desk.mjs").Acts} */
export function actsOf(desk) {
  /** @param {(sheet: Sheet, ...given: any[]) => any} act */
  const sheet = (act) => (/** @type {any[]} */ ...given) => (desk.sheet ? act(desk.sheet, ...given) : undefined);
  return {
    back: () => desk.turn("list"),
    openOther: (/** @type {string} */ number) => desk.open(number, { go: true }),
    show: sheet(({ incident }) => incident && incident.lon !== null && desk.view.go(incident, CLOSE_ZOOM)),
    reload: sheet((one) => one.load()),
    move: sheet((one, move) => asking(desk, one, one.move(move))),
    send: sheet((one) => asking(desk, one, send(one))),
    confirm: sheet((one) => one.confirm()),
    cancel: sheet((one) => one.cancel()),
    pick: sheet((one, picked) => one.pick(picked)),
    typeNumber: sheet((one, text) => one.typeNumber(text)),
    comment: sheet((one) => asking(desk, one, one.comment())),
    contact: sheet((one) => one.showContact()),
    addPhotos: sheet((one, files) => one.addPhotos(files)),
    usePlace: sheet(usePlace),
    keepPlace: sheet((one) => one.uploads.keepPlace()),
    edit: sheet((one) => begin(desk, one, "edit-severity")),
    editPlace: sheet((one) => one.editing?.stopPlacing() || begin(desk, one, "edit-place", true)),
    save: sheet((one) => saveEdit(desk, one)),
    dropEdit: sheet(dropEdit),
    stay: sheet((one) => one.editing?.stay()),
    usePin: () => usePin(desk),
    seek: () => seek(desk),
    choose: (/** @type {any} */ found) => choose(desk, found),
  };
}

/** Keep what was corrected; the pin has done its work when the sign stands there. @param {IncidentDesk} desk @param {Sheet} sheet */
async function saveEdit(desk, sheet) {
  const moved = sheet.editing?.spot;
  await save(sheet);
  if (moved && !sheet.editing) desk.app.forget();
}

/** Begin to correct an incident, at one of the controls. @param {IncidentDesk} desk @param {Sheet} sheet @param {string} name @param {boolean} [isPlacing] */
function begin(desk, sheet, name, isPlacing = false) {
  edit(sheet, isPlacing);
  /** @type {HTMLElement|null} */ (desk.body.querySelector(`[name="${name}"]`))?.focus();
}

/** Where a reason is wanted, the next thing that is typed is one. @template T @param {IncidentDesk} desk @param {Sheet} sheet @param {T} done @returns {T} */
function asking(desk, sheet, done) {
  if (sheet.wants) focusNote(desk.body);
  return done;
}

/** Do what the note was written for: the move that wants it, what was chosen, or else keep it as a comment. @param {Sheet} sheet */
export function send(sheet) {
  const pending = sheet.incident?.moves.find((/** @type {any} */ one) => one.move === sheet.wants);
  if (pending) return sheet.move(pending);
  if (sheet.choice) return sheet.picked ? sheet.confirm() : undefined;
  return sheet.comment();
}

/** @param {IncidentDesk} desk */
export function wireDesk(desk) {
  const { app, shell } = desk;
  const tabs = { place: () => app.showPlace(), incidents: () => desk.show() };
  for (const [name, show] of Object.entries(tabs)) {
    const tab = byId(`tab-${name}`);
    tab.addEventListener("click", show);
    tab.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
      const other = byId(name === "place" ? "tab-incidents" : "tab-place");
      other.click();
      other.focus();
    });
  }
  byId("open-incidents").addEventListener("click", () => desk.toggle());
  wirePictures(desk, shell.panel);
}

/** Pictures may be pasted anywhere and dropped onto the panel. @param {IncidentDesk} desk @param {HTMLElement} panel */
function wirePictures(desk, panel) {
  const adds = () => desk.shown !== null && (desk.may("handle") || desk.may("report"));
  document.addEventListener("paste", (event) => {
    const found = adds() ? picturesIn(event.clipboardData) : [];
    if (!found.length) return;
    event.preventDefault();
    desk.sheet?.addPhotos(found);
  });
  panel.addEventListener("dragover", (event) => {
    if (!adds() || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    panel.dataset.drop = "";
  });
  panel.addEventListener("dragleave", () => delete panel.dataset.drop);
  panel.addEventListener("drop", (event) => {
    delete panel.dataset.drop;
    if (!adds()) return;
    event.preventDefault();
    const found = picturesIn(event.dataTransfer);
    if (found.length) desk.sheet?.addPhotos(found);
    else desk.shell.toast(desk.words.t("photos.only_pictures"));
  });
}
