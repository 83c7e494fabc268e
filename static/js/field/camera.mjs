/** Photos of a report before it is sent: taken with the camera, seen small, taken out again. */

import { el, icon } from "../dom.mjs";
import { TYPES } from "../incidents/photos.mjs";

/**
 * @param {File[]} photos is changed in place
 * @param {import("../i18n.mjs").Words} words
 * @param {() => void} changed
 */
export function photoField(photos, words, changed) {
  return el("div", { class: "report-photos" },
    el("ul", {}, ...photos.map((photo, i) => {
      const url = URL.createObjectURL(photo);
      return el("li", {},
        el("img", { src: url, alt: words.t("worker.photo", { n: i + 1 }), on: { load: () => URL.revokeObjectURL(url) } }),
        el("button", { type: "button", class: "icon-button", "aria-label": words.t("worker.photo_out", { n: i + 1 }), on: { click: () => {
          photos.splice(i, 1);
          changed();
        } } }, icon("close")));
    })),
    el("label", { class: "report-camera" }, icon("camera"), el("span", { text: words.t("worker.camera") }),
      // "capture" opens the camera on the back; where there is none, files are chosen.
      el("input", { type: "file", name: "photo", accept: TYPES.join(","), capture: "environment", multiple: true, class: "hidden", on: { change: (/** @type {any} */ event) => {
        photos.push(...event.target.files);
        changed();
      } } })));
}
