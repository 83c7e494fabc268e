/** From what incidents are made up of to the bars of a small chart. */

/** What a chart may be by, in the order in which it is offered. */
export const PARTS = ["month", "hazard", "severity", "weekday", "hour"];
/** More kinds than this are told together. */
const MOST = 7;
/** A Monday. */
const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86400000;

/**
 * @typedef {object} Bar
 * @property {string} label short, below the bar
 * @property {string} name in full @property {number} count
 * @property {number} [value] what is drawn, where it is not the count
 * @property {string} [domain] whose colour it has
 */
/**
 * What bars are named with.
 * @typedef {object} Names
 * @property {"en"|"zh"} language
 * @property {(id: string) => string} hazard @property {(id: string) => string} domain id of the domain of a hazard
 * @property {(severity: number) => string} severity
 * @property {string} others
 */

/**
 * @param {string} part of PARTS @param {any} answer of /api/breakdown @param {Names} names
 * @param {{months: string[], subject: string}} asked months of the period; the hazard, "" for all
 * @returns {Bar[]}
 */
export function barsOf(part, answer, names, { months, subject }) {
  if (part === "month") return ofMonths(answer.month, months);
  if (part === "hazard") return ofHazards(answer.hazard, names, subject);
  if (part === "severity") return answer.severity.map((/** @type {number} */ count, /** @type {number} */ i) => plain(names.severity(i + 1), count));
  if (part === "weekday") return answer.weekday.map((/** @type {number} */ count, /** @type {number} */ i) => plain(weekday(i, names.language), count));
  return answer.hour.map((/** @type {number} */ count, /** @type {number} */ i) => ({ label: `${i}:00`, name: `${i}:00–${i + 1}:00`, count }));
}

/** Households of which a rate is told. */
const PER_HOUSEHOLDS = 1000;

/**
 * What counts are divided by where the map has rates, so that map, table and chart say the same; null for what stays a count:
 * where that is asked for, or some grid has nothing to divide by.
 * @param {import("./spec.mjs").Topic} topic @param {{whole: number|null}[]} rows the grid of the chart, or all of them
 * @returns {number|null}
 */
export function divisorOf({ kind, measure }, rows) {
  if (kind !== "rates" || measure === "count" || !rows.length || rows.some(({ whole }) => !whole)) return null;
  const whole = rows.reduce((sum, one) => sum + Number(one.whole), 0);
  return measure === "per_household" ? whole / PER_HOUSEHOLDS : whole;
}

/** @param {string} name @param {number} count @returns {Bar} */
function plain(name, count) {
  return { label: name, name, count };
}

/** @param {{month: string, count: number}[]} found @param {string[]} months @returns {Bar[]} */
function ofMonths(found, months) {
  const counts = new Map(found.map((one) => [one.month, one.count]));
  return months.map((month) => ({
    label: month.slice(2).replace("-", "/"),
    name: month,
    count: counts.get(month) ?? 0,
  }));
}

/** By domain where all hazards are shown, else by kind. @param {{hazard: string, count: number}[]} found @param {Names} names @param {string} subject @returns {Bar[]} */
function ofHazards(found, names, subject) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { hazard, count } of found) {
    const id = subject ? hazard : names.domain(hazard);
    counts.set(id, (counts.get(id) ?? 0) + count);
  }
  const rows = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const shown = rows.length > MOST ? rows.slice(0, MOST - 1) : rows;
  const rest = rows.slice(shown.length).reduce((sum, [, count]) => sum + count, 0);
  return [
    ...shown.map(([id, count]) => ({ ...plain(names.hazard(id), count), domain: names.domain(id) })),
    ...(rest ? [plain(names.others, rest)] : []),
  ];
}

/** @param {number} day from Monday on @param {"en"|"zh"} language */
function weekday(day, language) {
  return new Date(MONDAY + day * DAY_MS).toLocaleDateString(language === "en" ? "en-GB" : "zh-CN", { weekday: "short", timeZone: "UTC" });
}

/** Every how many-th label has room. @param {Bar[]} bars @param {number} room pixels */
export function labelStep(bars, room) {
  const widest = Math.max(0, ...bars.map(({ label }) => [...label].reduce((sum, one) => sum + (one > "\u00ff" ? 13 : 7), 10)));
  return Math.max(1, Math.ceil((bars.length * widest) / room));
}
