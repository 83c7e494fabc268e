/** The incident that is open: what is known of it, what was typed, and what is done with it. */

import { isStale } from "../api.mjs";
import { failureText } from "../panel/panes.mjs";
import { Uploads } from "./uploads.mjs";

const CONFLICT = 409;
/** A key that is pressed so soon after the buttons changed was meant for the one before. */
const SETTLE_MS = 600;

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
   *   moved: (move: string) => void}} parts
   *   `changed` is called when there is something else to show, `loaded` with the incident as it is now,
   *   `moved` after a move of one's own
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
    /** When the moves became others, ms since the page began. */
    this.movesAt = 0;
    this.uploads = new Uploads(number, { calls, words, changed });
    /** What is being corrected. @type {import("./editing.mjs").Editing|null} */
    this.editing = null;
    this.#compose();
  }

  #compose() {
    this.note = this.typedNumber = "";
    this.choice = this.picked = this.wants = null;
  }

  /** Whether there is something on it that must not get lost. */
  get isBegun() {
    return Boolean(this.note || this.uploads.unsent.length || this.editing?.isBegun);
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
    const before = this.incident;
    if (before && incident.version < before.version) return; // a slower answer of before
    /** @param {string} move */
    const has = (move) => incident.moves.some((/** @type {any} */ one) => one.move === move);
    const stopped = (this.choice && !has(this.choice.move)) || (this.wants && this.wants !== "comment" && !has(this.wants));
    if (stopped) this.choice = this.picked = this.wants = null;
    this.#put(incident);
    this.events = events;
    // What one does oneself is known before it is read: what is newer was done by another.
    const news = before ? events.filter((one) => one.version > before.version) : [];
    const edited = this.editing && news.findLast((one) => one.kind === "edited");
    if (news.length && (stopped || before.status !== incident.status)) this.#tellOf(news.findLast((one) => one.move) ?? news.at(-1));
    else if (edited) this.#tellOf(edited);
    this.loaded(incident);
  }

  /** @param {any} incident */
  #put(incident) {
    if (this.incident?.status !== incident.status) this.movesAt = performance.now();
    this.incident = incident;
  }

  /** Another has changed what one looks at. @param {any} event */
  #tellOf(event) {
    this.conflict = event;
    this.say(this.words.t("conflict.title"));
  }

  /** Whether a key means the button that is seen. @param {number} now ms since the page began */
  isSettled(now) {
    return !this.busy && now - this.movesAt >= SETTLE_MS;
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
    return this.#do(() => this.calls.move(this.number, { move: move.move, version: this.incident.version, note: this.note.trim() }),
      () => this.moved(move.move));
  }

  /**
   * Take a move back by another one, whatever was added to the incident since.
   * @param {any} move @param {string} status to which the move led
   * @returns {Promise<boolean>} false if it has gone on since
   */
  async takeBack(move, status) {
    this.busy = true;
    this.changed();
    try {
      const { status: present, version } = await this.calls.one(this.number);
      const stands = present === status;
      if (stands) {
        this.#put(await this.calls.move(this.number, { move: move.move, version, note: this.words.t("undo.note") }));
        this.wrong = this.conflict = this.choice = this.picked = this.wants = null;
      }
      return stands;
    } finally {
      this.busy = false;
      await this.load();
    }
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
    const done = () => this.moved(move);
    if (move === "merge") return this.#do(() => this.calls.merge(this.number, { into: this.picked.key, version, note }), done);
    const { level, code, role } = this.picked;
    return this.#do(() => this.calls.move(this.number, { move, version, note, assignee: { level, code, role } }), done);
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
    this.choice = this.picked = null;
    this.changed();
  }

  comment() {
    this.wants = this.note.trim() ? null : "comment";
    if (this.wants) return this.changed();
    return this.#do(() => this.calls.comment(this.number, this.note.trim()));
  }

  /** Correct it. @param {any} changes @param {() => void} done */
  change(changes, done) {
    return this.#do(() => this.calls.change(this.number, { version: this.incident.version, ...changes }), done, true);
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
    await this.uploads.add(pictures);
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
      this.#put(await call());
      if (!keepsNote) this.#compose();
      done?.();
      this.say(this.words.t("detail.done", { number: this.number }));
      this.busy = false;
      await this.load();
    } catch (error) {
      this.busy = false;
      if (/** @type {any} */ (error)?.status === CONFLICT) await this.#outrun(error, seen);
      else this.say((this.wrong = failureText(error, this.words)).message);
      this.changed();
    }
  }

  /** Another was faster. @param {any} error @param {number} seen */
  async #outrun(error, seen) {
    await this.load();
    const news = this.events.filter((one) => one.version > seen).at(-1);
    if (!this.conflict && news) this.#tellOf(news);
    if (!news) this.wrong = failureText(error, this.words);
    this.changed();
  }
}
