/** By which rules incidents are handled here: hazards, statuses, moves, and who asks. */

/** @typedef {import("../i18n.mjs").Words} Words */

/** Words of severities 1 to 4. */
export const SEVERITY = ["", "severity.slight", "severity.moderate", "severity.grave", "severity.very_grave"];

/** The move that leads on from a status; the button of it is the strong one. */
const FORWARD = /** @type {Record<string, string>} */ ({
  reported: "file",
  filed: "dispatch",
  dispatched: "accept",
  handling: "report_back",
  feedback: "verify",
  verified: "close",
  rejected: "reopen",
  closed: "reopen",
  merged: "reopen",
});
const TONES = /** @type {Record<string, string>} */ ({
  reported: "bad",
  filed: "warn",
  dispatched: "plain",
  handling: "plain",
  feedback: "warn",
  verified: "good",
  closed: "good",
});

/**
 * @typedef {object} Hazard
 * @property {string} id
 * @property {string} label in the language of the page
 * @property {string} letter stands for it where it has no glyph
 * @property {string} parent id, "" for a domain
 */

export class Rules {
  /**
   * @param {any} hazards of /api/hazards
   * @param {any} lifecycle of /api/lifecycle
   * @param {Words} words
   */
  constructor(hazards, lifecycle, words) {
    this.words = words;
    this.rows = hazards.hazards;
    this.byId = new Map(this.rows.map((/** @type {any} */ one) => [one.id, one]));
    this.cycle = lifecycle;
  }

  /** All hazards, each after the one of which it is a kind. @returns {Hazard[]} */
  hazards() {
    return this.rows.map((/** @type {any} */ one) => this.#hazard(one));
  }

  /** @returns {Hazard[]} */
  domains() {
    return this.hazards().filter((one) => !one.parent);
  }

  /** The domain of a hazard. @param {string} id @returns {Hazard} */
  domain(id) {
    let row = this.byId.get(id);
    while (row?.parent) row = this.byId.get(row.parent);
    return this.#hazard(row ?? { id, name: id, name_zh: id, parent: "" });
  }

  /** @param {string} id */
  hazardName(id) {
    const row = this.byId.get(id);
    return row ? this.#name(row) : id;
  }

  /** @param {string} status */
  statusName(status) {
    const found = this.cycle.statuses.find((/** @type {any} */ one) => one.status === status);
    return found ? this.#name(found) : status;
  }

  /** @param {string} status */
  tone(status) {
    return TONES[status] ?? "plain";
  }

  /** Statuses of open incidents. @returns {{status: string, label: string}[]} */
  openStatuses() {
    return this.cycle.statuses
      .filter((/** @type {any} */ one) => one.open)
      .map((/** @type {any} */ one) => ({ status: one.status, label: this.#name(one) }));
  }

  /** @param {any} move as of an incident or of the life cycle, or its id */
  moveName(move) {
    const found = typeof move === "string" ? this.cycle.moves.find((/** @type {any} */ one) => one.move === move) : move;
    return found ? this.#name(found) : move;
  }

  /** Whether a move takes another back, or puts it right. @param {string} move @param {string} made */
  takesBack(move, made) {
    const found = this.cycle.moves.find((/** @type {any} */ one) => one.move === move);
    return Boolean(found?.undoes.includes(made));
  }

  /** Whether a move is the usual next one. @param {string} status @param {string} move */
  isForward(status, move) {
    return FORWARD[status] === move;
  }

  /** @param {number} severity */
  severityName(severity) {
    return this.words.t(SEVERITY[severity] ?? String(severity));
  }

  /** The sign of an incident. @param {any} incident @returns {import("./symbols.mjs").Sign} */
  sign(incident) {
    const { id, letter } = this.domain(incident.hazard);
    // It may have become so since it was read.
    const late = Boolean(incident.open && incident.due_at && Date.parse(incident.due_at) < Date.now());
    return { domain: id, letter, severity: incident.severity, overdue: incident.overdue || late };
  }

  /** @param {any} row @returns {Hazard} */
  #hazard(row) {
    return { id: row.id, label: this.#name(row), letter: row.name_zh.replace(/^社区|^防/, "").slice(0, 1), parent: row.parent };
  }

  /** @param {{name: string, name_zh: string}} row */
  #name(row) {
    return this.words.language === "en" ? row.name : row.name_zh;
  }
}
