/**
 * What is drawn over the city, in words that stand in the address:
 * `rates:gas:per_km2@general;2025-11-01..2026-11-01;2026-03;2024-11-01..2025-11-01`.
 * Kind, hazard or meaning, measure and level are those of exported maps; then the period, the month that is
 * shown of it, and the period beside which it is held. What is left out is "".
 */

export const KINDS = ["heat", "hotspots", "trends", "rates", "coverage"];
export const MEASURES = ["per_household", "per_km2", "count"];
export const MEANINGS = ["reach", "staffing", "boundary"];

const ALL = "all";
const PERIOD = /^(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)$/;
const MONTH = /^\d{4}-\d\d$/;

/**
 * @typedef {object} Topic
 * @property {string} kind of KINDS
 * @property {string} subject id of a hazard, "" for all; of coverage its meaning
 * @property {string} measure
 * @property {string} level
 * @property {string} from first day @property {string} to the day after the last
 * @property {string} month that is shown of the period
 * @property {string} besideFrom @property {string} besideTo the period that it is held beside
 */

/** @param {Partial<Topic>} values @returns {Topic} */
export function topicOf(values) {
  return { kind: "rates", subject: "", measure: "", level: "", from: "", to: "", month: "", besideFrom: "", besideTo: "", ...values };
}

/** @param {string} text @returns {Topic|null} null for what is none */
export function parseTopic(text) {
  const [head, period = "", month = "", beside = ""] = text.split(";");
  const [body, level = ""] = head.split("@");
  const [kind, subject = "", measure = ""] = body.split(":");
  if (!KINDS.includes(kind)) return null;
  const [, from = "", to = ""] = PERIOD.exec(period) ?? [];
  const [, besideFrom = "", besideTo = ""] = PERIOD.exec(beside) ?? [];
  return topicOf({
    kind, measure, level, from, to, besideFrom, besideTo,
    subject: subject === ALL ? "" : subject,
    month: MONTH.test(month) ? month : "",
  });
}

/** @param {Topic|null} topic @returns {string} */
export function topicText(topic) {
  if (!topic) return "";
  const { kind, subject, measure, level, from, to, month, besideFrom, besideTo } = topic;
  const head = [kind, subject || (measure ? ALL : ""), measure].filter(Boolean).join(":") + (level ? `@${level}` : "");
  const period = from && to ? `${from}..${to}` : "";
  const beside = besideFrom && besideTo ? `${besideFrom}..${besideTo}` : "";
  const parts = [head, period, month, beside];
  while (parts.length && !parts[parts.length - 1]) parts.pop();
  return parts.join(";");
}

/** Whether months of it can be looked at one by one. @param {Topic} topic */
export function hasMonths({ kind }) {
  return ["heat", "rates", "hotspots"].includes(kind);
}

/**
 * The calendar months of a period, those of which it holds a part too, at most the last `most`.
 * @param {string} from day @param {string} to the day after the last @param {number} [most]
 * @returns {string[]} `2026-03` and so on
 */
export function monthsOf(from, to, most = 24) {
  /** @type {string[]} */
  const found = [];
  for (let month = from.slice(0, 7); `${month}-01` < to; month = nextMonth(month)) found.push(month);
  return found.slice(-most);
}

/** The days of a month, as far as a period holds them. @param {string} month @param {{from: string, to: string}|null} [within] @returns {{from: string, to: string}} */
export function daysOf(month, within = null) {
  const whole = { from: `${month}-01`, to: `${nextMonth(month)}-01` };
  const part = { from: within && within.from > whole.from ? within.from : whole.from, to: within && within.to < whole.to ? within.to : whole.to };
  return part.from < part.to ? part : whole;
}

/** A month in words, with its days where a period holds a part of it only: `2026-11 (1–28)`. @param {string} month @param {{from: string, to: string}|null} within */
export function monthText(month, within) {
  if (!isPart(month, within)) return month;
  const [first, last] = periodText(daysOf(month, within)).split(" – ").map((day) => Number(day.slice(8)));
  return `${month} (${first}–${last})`;
}

/** Whether a period holds a part of a month only. @param {string} month @param {{from: string, to: string}|null} within */
export function isPart(month, within) {
  const [days, whole] = [daysOf(month, within), daysOf(month)];
  return days.from !== whole.from || days.to !== whole.to;
}

/** The same days a year before. @param {string} day */
export function yearBefore(day) {
  const text = `${Number(day.slice(0, 4)) - 1}${day.slice(4)}`;
  return text.endsWith("-02-29") ? text.replace("-29", "-28") : text;
}

/**
 * The days that are held beside what is shown: the other period, or of one month the month that is as far from it as
 * the periods are from each other.
 * @param {Topic} topic @param {string} from first day of its own period
 * @returns {{from: string, to: string}}
 */
export function besideOf({ month, besideFrom, besideTo }, from) {
  if (!month) return { from: besideFrom, to: besideTo };
  const at = numberOf(month) + numberOf(besideFrom) - numberOf(from);
  return daysOf(`${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, "0")}`, { from: besideFrom, to: besideTo });
}

/** Months since the year 0. @param {string} day or month */
function numberOf(day) {
  return 12 * Number(day.slice(0, 4)) + Number(day.slice(5, 7)) - 1;
}

/** A period in words: it ends before a day; people name the last one in it. @param {{from: string, to: string}} period */
export function periodText({ from, to }) {
  return `${from} – ${new Date(Date.parse(`${to}T00:00:00Z`) - 864e5).toISOString().slice(0, 10)}`;
}

/** @param {string} month */
function nextMonth(month) {
  const [year, number] = month.split("-").map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, "0")}`;
}
