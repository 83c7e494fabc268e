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
  const photos = sheet.incident.photos ?? [];
  const adds = may("handle") || may("report");
  if (!photos.length && !adds) return null;
  return section(words.t("photos.title"),
    el("ul", { class: "photos" },
      ...photos.map((/** @type {any} */ one) => el("li", {},
        el("a", { href: one.image, target: "_blank", rel: "noopener", title: when(one.added_at, words) },
          el("img", { src: one.thumbnail, alt: words.t("photos.alt", { when: when(one.added_at, words) }), loading: "lazy" })))),
      adds ? el("li", {}, el("label", { class: "photo-add", data: { busy: String(sheet.uploading > 0) } },
        icon("plus"),
        el("span", { text: sheet.uploading ? words.t("photos.uploading", { n: sheet.uploading }) : words.t("photos.add") }),
        el("input", { type: "file", name: "photo", accept: TYPES.join(","), multiple: true, class: "hidden", on: { change: (/** @type {any} */ event) => {
          act.addPhotos([...event.target.files]);
          event.target.value = "";
        } } }))) : null),
    sheet.unsent.length ? el("button", { type: "button", class: "button", name: "photos-again", text: words.t("photos.again", { n: sheet.unsent.length }), on: { click: () => act.addPhotos(sheet.unsent) } }) : null,
    adds && !photos.length ? el("p", { class: "faint photo-hint", text: words.t("photos.hint") }) : null,
    offer(sheet, context));
}

/** Where the camera was, if it says another place than the report. @param {Sheet} sheet @param {Context} context */
function offer(sheet, { words, may, act }) {
  const place = sheet.cameraPlace;
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
