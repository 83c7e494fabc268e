/** New incidents are told: to screen readers, in passing, and by a short sound for who wants one. */

import { remember } from "../i18n.mjs";

const KEPT = "weige.sound";
/** More at once are told as a number. */
const TOLD = 2;
/** How long a new row is marked, ms. */
const FRESH_MS = 60000;
/** Two short tones, hertz. */
const TONES = [880, 1174.7];

export class Herald {
  /** @param {import("./desk.mjs").IncidentDesk} desk */
  constructor(desk) {
    this.desk = desk;
    this.sound = false;
    try {
      this.sound = localStorage.getItem(KEPT) === "on";
    } catch {
      // Without storage it is off, as it is by default.
    }
    /** @type {AudioContext|null} */
    this.audio = null;
    /** How many came while nobody saw the page; the title has their number. */
    this.unseen = 0;
    document.addEventListener("visibilitychange", () => !document.hidden && this.#title(0));
  }

  /** @param {number} unseen */
  #title(unseen) {
    this.unseen = unseen;
    document.title = (unseen ? `(${unseen}) ` : "") + document.title.replace(/^\(\d+\) /, "");
  }

  /** @param {boolean} on */
  setSound(on) {
    this.sound = on;
    remember(KEPT, on ? "on" : "off");
    if (on) this.#ring(); // so that one hears what was chosen
  }

  /** @param {any[]} reported events */
  async tell(reported) {
    const { words, rules, list, calls, shell } = this.desk;
    if (!reported.length || !rules || !list) return;
    for (const { number } of reported) {
      list.rows.fresh.add(number);
      setTimeout(() => list.rows.fresh.delete(number), FRESH_MS);
    }
    if (document.hidden) this.#title(this.unseen + reported.length);
    if (this.sound) this.#ring();
    let text = words.t("incident.new_many", { n: reported.length });
    if (reported.length <= TOLD) {
      const found = await Promise.all(reported.map(({ number }) => calls.one(number).catch(() => null)));
      text = found.filter(Boolean).map((one) => words.t("incident.new", { what: list.describe(one) })).join(" ") || text;
      const [first] = found;
      if (first) {
        shell.toast(words.t("incident.new", { what: first.title }),
          { label: words.t("incident.open"), action: () => this.desk.open(first.number, { go: true }), passes: true }, { said: true, slot: "new" });
      }
    }
    shell.announce(text);
  }

  #ring() {
    try {
      this.audio ??= new AudioContext();
      const { audio } = this;
      TONES.forEach((hertz, i) => {
        const [tone, volume] = [audio.createOscillator(), audio.createGain()];
        const at = audio.currentTime + i * 0.16;
        tone.frequency.value = hertz;
        volume.gain.setValueAtTime(0.12, at);
        volume.gain.exponentialRampToValueAtTime(0.001, at + 0.15);
        tone.connect(volume).connect(audio.destination);
        tone.start(at);
        tone.stop(at + 0.16);
      });
    } catch (error) {
      console.info("no sound:", error);
    }
  }
}
