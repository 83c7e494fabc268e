/** The incident that is open: what is known of it, what was typed, and what is done with it. */

import { isStale } from "../api.mjs";
import { failureText } from "../panel/panes.mjs";

const CONFLICT = 409;

export class Sheet {
  note = "";
  typedNumber = "";
  /** @type {any} the move that wants to know whom or into which */
  choice = null;
  /** @type {any} */
  picked = null;
  /** @type {string|null} the move that wants a note */
  wants = null;

  /**
   * @param {string} number
   * @param {{calls: import("./calls.mjs").Calls, words: import("../i18n.mjs").Words,
   *   changed: () => void, loaded: (incident: any) => void, say: (text: string) => void,
   *   moved: (move: string, status: string) => void}} parts
   *   `changed` is called when there is something else to show, `loaded` with the incident as it is now,
   *   `moved` after a move of one's own, with the status before
   */
  constructor(number, { calls, words, changed, loaded, say, moved }) {
    this.number = number;
    this.calls = calls;
    this.words = words;
    this.changed = changed;
    this.loaded = loaded;
    this.say = say;
    this.moved = moved;
    /** @type {any} */
    this.incident = null;
    /** @type {any[]} */
    this.events = [];
    /** @type {any} */
    this.proposal = null;
    /** @type {any} */
    this.contact = null;
    /** @type {any[]|null} what may be the same, offered for merging */
    this.duplicates = null;
    /** @type {any[]} what may be the same, told once after the report */
    this.offered = [];
    /** @type {any} what stopped the first load */
    this.failure = null;
    /** @type {{message: string, hint: string}|null} what stopped the last action */
    this.wrong = null;
    /** @type {any} the event by which another was faster */
    this.conflict = null;
    this.busy = false;
    this.uploading = 0;
    /** Photos that did not arrive. @type {Blob[]} */
    this.unsent = [];
    /** @type {any} where the camera was */
    this.cameraPlace = null;
    this.#compose();
  }

  #compose() {
    this.note = this.typedNumber = "";
    this.choice = this.picked = this.wants = null;
  }

  /** Read everything anew; what was typed stays. */
  async load() {
    try {
      const [incident, { events }] = await Promise.all([this.calls.one(this.number), this.calls.one(this.number, "history")]);
      this.#take(incident, events);
      this.failure = null;
    } catch (error) {
      if (isStale(error)) return;
      // What is shown stays; only an incident that was never shown has nothing else to show.
      if (!this.incident || /** @type {any} */ (error)?.status === 404) {
        this.failure = error;
        this.incident = null;
      } else this.wrong = failureText(error, this.words);
    }
    this.changed();
    await this.#propose();
  }

  /** Take an event of the feed: only a newer version is worth a question. @param {any} event */
  follow(event) {
    if (event.number === this.number && event.version > (this.incident?.version ?? 0) && !this.busy) return this.load();
    return undefined;
  }

  /** @param {any} incident @param {any[]} events */
  #take(incident, events) {
    if (this.incident && incident.version < this.incident.version) return; // a slower answer of before
    const others = this.incident && this.choice && !incident.moves.some((/** @type {any} */ one) => one.move === this.choice.move);
    if (others) this.choice = null;
    if (this.wants && !incident.moves.some((/** @type {any} */ one) => one.move === this.wants)) this.wants = null;
    this.incident = incident;
    this.events = events;
    this.loaded(incident);
  }

  async #propose() {
    if (!this.incident?.open) return;
    this.proposal = await this.calls.one(this.number, "proposal").catch(() => this.proposal);
    if (this.choice?.assignee && !this.picked) this.#pickFirst();
    this.changed();
  }

  #pickFirst() {
    const first = this.proposal?.offers[0];
    if (first) this.picked = { key: [first.level, first.code, first.role].join("|"), level: first.level, code: first.code, role: first.role };
  }

  /** Make a move, or ask first what it needs. @param {any} move of `incident.moves` @returns {Promise<any>} */
  async move(move) {
    this.wants = move.note && !this.note.trim() ? move.move : null;
    if (this.wants) return this.changed();
    if (move.assignee || move.move === "merge") return this.#choose(move);
    const { status } = this.incident;
    return this.#do(() => this.calls.move(this.number, { move: move.move, version: this.incident.version, note: this.note.trim() }),
      () => this.moved(move.move, status));
  }

  /** Take the last move back by another one. @param {any} move */
  takeBack(move) {
    return this.#do(() => this.calls.move(this.number, { move: move.move, version: this.incident.version, note: this.words.t("undo.note") }));
  }

  /** @param {any} move */
  async #choose(move) {
    this.choice = move;
    this.picked = null;
    if (move.assignee) this.#pickFirst();
    this.changed();
    if (move.move !== "merge" || this.incident.lon === null) {
      this.duplicates ??= [];
      return this.changed();
    }
    const { lon, lat, hazard } = this.incident;
    const found = await this.calls.duplicates({ lon, lat, hazard }).catch(() => ({ duplicates: [] }));
    this.duplicates = found.duplicates.filter((/** @type {any} */ one) => one.number !== this.number);
    return this.changed();
  }

  /** Do what was chosen. */
  confirm() {
    const { move } = this.choice;
    const { version } = this.incident;
    const note = this.note.trim();
    const { status } = this.incident;
    if (move === "merge") return this.#do(() => this.calls.merge(this.number, { into: this.picked.key, version, note }), () => this.moved(move, status));
    const { level, code, role } = this.picked;
    return this.#do(() => this.calls.move(this.number, { move, version, note, assignee: { level, code, role } }));
  }

  /** @param {any} picked */
  pick(picked) {
    this.picked = picked;
    this.typedNumber = "";
    this.changed();
  }

  /** @param {string} text */
  typeNumber(text) {
    this.typedNumber = text;
    this.picked = text ? { key: text } : null;
    this.changed();
  }

  cancel() {
    this.choice = null;
    this.picked = null;
    this.changed();
  }

  comment() {
    if (!this.note.trim()) {
      this.wants = "comment";
      return this.changed();
    }
    return this.#do(() => this.calls.comment(this.number, this.note.trim()));
  }

  /** Put the incident where the camera was. */
  usePlace() {
    const { lon, lat, accuracy_m: accuracy } = this.cameraPlace;
    return this.#do(() => this.calls.change(this.number, {
      version: this.incident.version, lon, lat, datum: "wgs84", accuracy_m: accuracy ?? 0, note: this.words.t("photos.place_note"),
    }), () => { this.cameraPlace = null; }, true);
  }

  keepPlace() {
    this.cameraPlace = null;
    this.changed();
  }

  /** Show who reported it; the server keeps that it was asked. */
  async showContact() {
    try {
      this.contact = await this.calls.one(this.number, "contact");
    } catch (error) {
      this.wrong = failureText(error, this.words);
    }
    this.changed();
  }

  /** @param {Blob[]} pictures */
  async addPhotos(pictures) {
    this.wrong = null;
    this.unsent = [];
    this.uploading += pictures.length;
    this.changed();
    for (const one of pictures) {
      try {
        const added = await this.calls.addPhoto(this.number, one);
        if (added.place && (added.place.distance_m === null || added.place.distance_m > 5)) this.cameraPlace = added.place;
      } catch (error) {
        this.unsent.push(one);
        this.wrong = failureText(error, this.words);
      }
      this.uploading -= 1;
      this.changed();
    }
    await this.load();
  }

  /**
   * Change the incident; if another was faster, show what the other did and keep what was typed.
   * @param {() => Promise<any>} call @param {() => void} [done] @param {boolean} [keepsNote]
   */
  async #do(call, done, keepsNote = false) {
    if (this.busy) return;
    this.busy = true;
    this.wrong = this.conflict = null;
    const seen = this.incident.version;
    this.changed();
    try {
      this.incident = await call();
      if (!keepsNote) this.#compose();
      done?.();
      this.say(this.words.t("detail.done", { number: this.number }));
      this.busy = false;
      await this.load();
    } catch (error) {
      this.busy = false;
      if (/** @type {any} */ (error)?.status === CONFLICT) await this.#outrun(error, seen);
      else {
        this.wrong = failureText(error, this.words);
        this.say(this.wrong.message);
        this.changed();
      }
    }
  }

  /** Another was faster. @param {any} error @param {number} seen */
  async #outrun(error, seen) {
    await this.load();
    this.conflict = this.events.filter((one) => one.version > seen).at(-1) ?? null;
    if (this.conflict) this.say(this.words.t("conflict.title"));
    else this.wrong = failureText(error, this.words);
    this.changed();
  }
}
