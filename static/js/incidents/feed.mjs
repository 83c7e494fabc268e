/**
 * What happens, as it happens: server-sent events that go on where they stopped; where they do not
 * come through, the same changes are asked for every few seconds.
 */

import { UNREACHED } from "../api.mjs";

/** Kinds of events that a change may be. */
const KINDS = ["reported", "moved", "edited", "commented", "photo", "absorbed", "released"];
/** Events that come together are told together. */
const GATHER_MS = 120;
/** A stream that says nothing for so long after it was asked for does not come through. */
const OPEN_MS = 8000;
const RETRY_MS = [500, 1000, 2000, 4000, 8000];
/** So many streams fail before changes are asked for instead. */
const TRIES = 3;
const POLL_MS = 4000;
/** While polling, how often a stream is tried again. */
const STREAM_AGAIN_MS = 30000;
/** Now and then it is checked that a quiet stream is not a dead one. */
const CHECK_MS = 30000;
/** A page that nobody sees leaves its connection to others: a browser has six for one host. */
const HIDDEN_MS = 60000;
/** It goes on asking, less often. */
const REST_MS = 30000;
const PAGE = 500;

/** @typedef {"connecting"|"live"|"reconnecting"|"polling"|"signed_out"} FeedState */

export class Feed {
  /**
   * @param {import("./calls.mjs").Calls} calls
   * @param {{events: (events: any[]) => void, reset: () => void, state: (state: FeedState) => void, mustHear: () => boolean}} to
   *   `mustHear`: whether a page that nobody sees has to hear of everything at once
   */
  constructor(calls, to) {
    this.calls = calls;
    this.to = to;
    /** Up to where everything is known; null until the first stream says where it begins. @type {number|null} */
    this.seq = null;
    /** @type {FeedState} */
    this.state = "connecting";
    this.failures = 0;
    /** Whether nobody sees the page, so that it asks now and then. */
    this.resting = false;
    /** Whether it is being seen whether a quiet stream is a dead one. */
    this.checking = false;
    /** @type {EventSource|null} */
    this.source = null;
    /** @type {any[]} */
    this.gathered = [];
    this.timers = /** @type {Record<string, number>} */ ({});
    document.addEventListener("visibilitychange", () => this.#seen());
    addEventListener("online", () => this.#hurry());
    addEventListener("offline", () => this.#lose());
    addEventListener(UNREACHED, () => this.#doubt());
    addEventListener("pagehide", () => this.#cut());
    addEventListener("pageshow", (event) => event.persisted && this.start());
  }

  /** Begin to listen, or begin again. */
  start() {
    this.#cut();
    const from = this.seq === null ? "" : `?after=${this.seq}`;
    const source = new EventSource(`${this.calls.base}/incidents/stream${from}`);
    this.source = source;
    this.#after("open", OPEN_MS, () => this.#failed());
    source.addEventListener("open", () => this.seq !== null && this.#opened());
    source.addEventListener("error", () => this.#failed());
    source.addEventListener("mark", (/** @type {any} */ event) => {
      this.seq = Number(event.lastEventId);
      this.#opened();
    });
    source.addEventListener("reset", (/** @type {any} */ event) => {
      this.seq = Number(event.lastEventId);
      this.to.reset();
    });
    for (const kind of KINDS) {
      source.addEventListener(kind, (/** @type {any} */ event) => this.#take([JSON.parse(event.data)]));
    }
  }

  #opened() {
    clearTimeout(this.timers.open);
    clearTimeout(this.timers.poll);
    this.failures = 0;
    this.#say("live");
    this.#after("check", CHECK_MS, () => this.#check());
  }

  #failed() {
    this.#cut();
    this.failures += 1;
    if (this.failures < TRIES || this.seq === null) {
      this.#say(this.state === "connecting" ? "connecting" : "reconnecting");
      const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length) - 1];
      this.#after("retry", wait, () => this.start());
      if (this.seq === null && this.failures >= TRIES) this.#poll();
      return;
    }
    this.#say(this.state === "polling" ? "polling" : "reconnecting");
    this.#after("retry", STREAM_AGAIN_MS, () => this.start());
    this.#poll();
  }

  /** Ask for changes, and again in a while. */
  async #poll() {
    clearTimeout(this.timers.poll);
    const before = this.state;
    try {
      if (this.seq === null) {
        // The newest change of all is where to begin; a box that is one point of the sea costs nothing.
        const { seq } = await this.calls.get("/incidents/live?bbox=0,0,0,0&limit=1");
        this.seq = Number(seq);
        this.to.reset();
      }
      await this.#catchUp();
      if (this.state !== "live") {
        this.#say("polling");
        // The server answers again: a stream may come through, too.
        if (before !== "polling" && !this.resting) this.start();
      }
    } catch (error) {
      const status = /** @type {any} */ (error)?.status;
      if (status === 401) {
        this.#cut();
        return this.#say("signed_out");
      }
      if (status === 409) return this.#startOver();
      if (this.state !== "live") this.#say("reconnecting");
    }
    if (this.state !== "live") this.#after("poll", this.resting ? REST_MS : POLL_MS, () => this.#poll());
    return undefined;
  }

  async #catchUp() {
    let more = true;
    while (more) {
      const answer = await this.calls.get(`/changes?after=${this.seq}&limit=${PAGE}`);
      this.#take(answer.events);
      this.seq = Math.max(this.seq ?? 0, answer.after);
      more = answer.has_more;
    }
  }

  /** See whether a stream that is quiet has missed something. */
  async #check() {
    const before = this.seq;
    this.checking = true;
    try {
      const answer = await this.calls.get(`/changes?after=${before}&limit=1`);
      // A stream is a moment behind at most.
      if (answer.events.length) await new Promise((done) => { setTimeout(done, 2000); });
      if (answer.events.length && this.seq === before) return this.start();
    } catch {
      return this.#failed();
    } finally {
      this.checking = false;
    }
    return this.#after("check", CHECK_MS, () => this.#check());
  }

  /** Something else did not reach the server: a quiet stream may be a dead one. */
  #doubt() {
    if (this.state === "live" && !this.checking) this.#check();
  }

  /** The machine says that it has no network. */
  #lose() {
    if (this.state === "live") this.#failed();
  }

  /** The feed is another one: a database was put back. */
  #startOver() {
    this.seq = null;
    this.start();
    this.to.reset();
  }

  /** @param {any[]} events in order */
  #take(events) {
    const fresh = events.filter((one) => this.seq === null || one.seq > this.seq);
    if (!fresh.length) return;
    this.seq = fresh[fresh.length - 1].seq;
    this.gathered.push(...fresh);
    this.timers.gather ||= window.setTimeout(() => {
      this.timers.gather = 0;
      this.to.events(this.gathered.splice(0));
    }, GATHER_MS);
  }

  /** @param {FeedState} state */
  #say(state) {
    if (state === this.state) return;
    this.state = state;
    this.to.state(state);
  }

  #seen() {
    if (document.hidden) return this.#after("hidden", HIDDEN_MS, () => this.#rest());
    clearTimeout(this.timers.hidden);
    this.resting = false;
    if (!this.source) this.start();
    return undefined;
  }

  /** Nobody has seen the page for a while: give the connection back and ask now and then, unless there is a sound to be heard. */
  #rest() {
    if (this.to.mustHear()) return this.#after("hidden", HIDDEN_MS, () => this.#rest());
    this.resting = true;
    this.#cut();
    this.#say(this.state === "signed_out" ? "signed_out" : "polling");
    return this.#after("poll", REST_MS, () => this.#poll());
  }

  #hurry() {
    if (this.state !== "live" && !this.resting) this.start();
  }

  #cut() {
    this.source?.close();
    this.source = null;
    for (const name of ["open", "check", "retry"]) clearTimeout(this.timers[name]);
  }

  /** @param {string} name @param {number} wait ms @param {() => void} action */
  #after(name, wait, action) {
    clearTimeout(this.timers[name]);
    this.timers[name] = window.setTimeout(action, wait);
  }
}
