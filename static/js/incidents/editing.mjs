/** What is corrected of an incident: the fields that were touched, and where it was. */

/** @typedef {import("./report.mjs").Spot & {accuracyM: number}} NewSpot */

export class Editing {
  /** Fields that were touched; the others stay what they are, whoever changes them. @type {Record<string, any>} */
  values = {};
  note = "";
  /** Where it was. @type {NewSpot|null} */
  spot = null;
  /** Whether a click on the map says where it was. */
  isPlacing = false;
  /** The address is being looked up. */
  isSeeking = false;
  /** What an address may mean. @type {any[]} */
  candidates = [];
  /** Why there is no new place. */
  why = "";

  /** @param {() => void} changed is called when there is something else to show */
  constructor(changed) {
    this.changed = changed;
  }

  /** Whether something was corrected that must not get lost. */
  get isBegun() {
    return Boolean(this.spot || this.note || Object.keys(this.values).length);
  }

  /** What a field is to hold. @param {string} name @param {any} incident */
  value(name, incident) {
    return this.values[name] ?? incident[name];
  }

  /** Put it somewhere. @param {import("./report.mjs").Spot} spot @param {number} roughM how far off the click may be */
  at(spot, roughM) {
    this.spot = { ...spot, accuracyM: Math.ceil(roughM) };
    this.isPlacing = false;
    this.candidates = [];
    this.why = "";
    this.changed();
  }

  /** Leave it where it is. */
  stay() {
    this.spot = null;
    this.changed();
  }

  /** Turn to the map, or away from it. @returns {boolean} whether it was turned to */
  stopPlacing() {
    const was = this.isPlacing;
    this.isPlacing = false;
    if (was) this.changed();
    return was;
  }

  /** Look an address up. @param {() => Promise<any>} ask answers it, as of /api/addresses/assign @returns {Promise<any>} what it is, if that is one place */
  async seek(ask) {
    this.isSeeking = true;
    this.candidates = [];
    this.why = "";
    this.changed();
    try {
      const found = await ask();
      if (found.status === "assigned") return found;
      this.candidates = found.candidates;
      this.why = found.explanation;
      return null;
    } finally {
      this.isSeeking = false;
      this.changed();
    }
  }

  /** What the server is told. @param {any} incident as it is now @returns {Record<string, any>} */
  changes(incident) {
    const touched = Object.entries(this.values).filter(([name, value]) => value !== incident[name]);
    const { spot, note } = this;
    const place = spot ? { lon: spot.lon, lat: spot.lat, datum: "wgs84", accuracy_m: spot.accuracyM } : {};
    return { ...Object.fromEntries(touched), ...place, note: note.trim() };
  }
}

/** Begin to correct an incident. @param {import("./sheet.mjs").Sheet} sheet @param {boolean} [isPlacing] whether the next click on the map says where it was */
export function edit(sheet, isPlacing = false) {
  sheet.editing ??= new Editing(() => sheet.changed());
  sheet.editing.isPlacing ||= isPlacing;
  sheet.changed();
}

/** Keep what was corrected. @param {import("./sheet.mjs").Sheet} sheet */
export function save(sheet) {
  return sheet.change(sheet.editing?.changes(sheet.incident), () => { sheet.editing = null; });
}

/** Give it up. @param {import("./sheet.mjs").Sheet} sheet */
export function dropEdit(sheet) {
  sheet.editing = sheet.wrong = sheet.conflict = null;
  sheet.changed();
}
