/** Photos of an incident: shown small, added by choosing, dropping or pasting. */

import { el, icon } from "../dom.mjs";
import { metres } from "../i18n.mjs";
import { note, section } from "../panel/parts.mjs";
import { when } from "./times.mjs";

/** @typedef {import("./sheet.mjs").Sheet} Sheet */
/** @typedef {import("./detail.mjs").Context} Context */

export const TYPES = ["image/jpeg", "image/png", "image/webp"];

/** @param {Sheet} sheet @param {Context} context */
export function photosSection(sheet, context) {
  const { words, may, act } = context;
  const { uploads } = sheet;
  const photos = sheet.incident.photos ?? [];
  const adds = may("handle") || may("report");
  if (!photos.length && !adds) return null;
  return section(words.t("photos.title"),
    el("ul", { class: "photos" },
      ...photos.map((/** @type {any} */ one) => el("li", {},
        el("a", { href: one.image, target: "_blank", rel: "noopener", title: when(one.added_at, words) },
          el("img", { src: one.thumbnail, alt: words.t("photos.alt", { when: when(one.added_at, words) }), loading: "lazy" })))),
      adds ? el("li", {}, el("label", { class: "photo-add", data: { busy: String(uploads.running > 0) } },
        icon("plus"),
        el("span", { text: uploads.running ? words.t("photos.uploading", { n: uploads.running }) : words.t("photos.add") }),
        el("input", { type: "file", name: "photo", accept: TYPES.join(","), multiple: true, class: "hidden", on: { change: (/** @type {any} */ event) => {
          act.addPhotos([...event.target.files]);
          event.target.value = "";
        } } }))) : null),
    ...uploads.faults.map(({ name, message, hint }) => el("div", { class: "photo-fault", role: "alert" },
      note("bad", "warn", el("p", { text: name ? words.t("photos.refused", { name, message }) : message }), hint ? el("p", { text: hint }) : null))),
    uploads.unsent.length ? el("button", { type: "button", class: "button", name: "photos-again", text: words.t("photos.again", { n: uploads.unsent.length }), on: { click: () => act.addPhotos(uploads.unsent) } }) : null,
    adds && !photos.length ? el("p", { class: "faint photo-hint", text: words.t("photos.hint") }) : null,
    offer(sheet, context));
}

/** Where the camera was, if it says another place than the report. @param {Sheet} sheet @param {Context} context */
function offer(sheet, { words, may, act }) {
  const { place } = sheet.uploads;
  if (!place || !may("dispatch")) return null;
  const far = place.distance_m === null ? words.t("photos.place_new") : words.t("photos.place_far", { d: metres(place.distance_m) });
  return note("plain", "target",
    el("p", { text: far }),
    el("div", { class: "actions" },
      el("button", { type: "button", class: "button", name: "use-place", text: words.t("photos.use_place"), on: { click: act.usePlace } }),
      el("button", { type: "button", class: "button", text: words.t("photos.keep_place"), on: { click: act.keepPlace } })));
}

/** Pictures among what was pasted or dropped. @param {DataTransfer|null} data @returns {File[]} */
export function picturesIn(data) {
  return [...(data?.files ?? [])].filter((one) => TYPES.includes(one.type));
}
