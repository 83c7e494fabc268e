/** Photos on their way to an incident: what does not arrive is kept to be sent again, what is refused is named. */

import { failureText } from "../panel/panes.mjs";

/** Refusals that are none of the picture: signed out, too slow, too many at a time. */
const PASSING = new Set([401, 408, 429]);
/** A camera that stood so near says no other place than the report, metres. */
const SAME_M = 5;

export class Uploads {
  /** How many are on their way. */
  running = 0;
  /** Did not arrive. @type {Blob[]} */
  unsent = [];
  /** What stopped some of the last ones, each thing once. @type {{name: string, message: string, hint: string}[]} */
  faults = [];
  /** Where the camera was, if that says another place than the report. @type {any} */
  place = null;

  /**
   * @param {string} number of the incident
   * @param {{calls: import("./calls.mjs").Calls, words: import("../i18n.mjs").Words, changed: () => void}} parts
   */
  constructor(number, { calls, words, changed }) {
    this.number = number;
    this.calls = calls;
    this.words = words;
    this.changed = changed;
  }

  /** Send some; others that did not arrive stay. @param {Blob[]} pictures */
  async add(pictures) {
    this.faults = [];
    this.unsent = this.unsent.filter((one) => !pictures.includes(one));
    this.running += pictures.length;
    this.changed();
    for (const one of pictures) {
      try {
        const { place } = await this.calls.addPhoto(this.number, one);
        if (place && (place.distance_m === null || place.distance_m > SAME_M)) this.place = place;
      } catch (error) {
        const refused = isRefused(error);
        if (!refused) this.unsent.push(one);
        this.#tell({ name: refused ? /** @type {File} */ (one).name ?? "" : "", ...failureText(error, this.words) });
      }
      this.running -= 1;
      this.changed();
    }
  }

  keepPlace() {
    this.place = null;
    this.changed();
  }

  /** @param {{name: string, message: string, hint: string}} fault */
  #tell(fault) {
    if (!this.faults.some(({ name, message }) => name === fault.name && message === fault.message)) this.faults.push(fault);
  }
}

/** Put an incident where the camera was. @param {import("./sheet.mjs").Sheet} sheet */
export function usePlace(sheet) {
  const { uploads, words } = sheet;
  const { lon, lat, accuracy_m: accuracy } = uploads.place;
  const changes = { lon, lat, datum: "wgs84", accuracy_m: accuracy ?? 0, note: words.t("photos.place_note") };
  return sheet.change(changes, () => { uploads.place = null; });
}

/** Whether the server will never take it. @param {any} error */
function isRefused(error) {
  return error?.status >= 400 && error.status < 500 && !PASSING.has(error.status);
}
