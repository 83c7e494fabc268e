/** Times for people: how long ago, how long still, and when. */

/** @typedef {import("../i18n.mjs").Words} Words */

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86400;

/**
 * A span in its largest fitting unit.
 * @param {number} seconds @param {Words} words
 */
export function span(seconds, words) {
  const s = Math.abs(seconds);
  if (s < HOUR_S) return words.t("time.minutes", { n: Math.max(1, Math.round(s / MINUTE_S)) });
  if (s < 2 * DAY_S) return words.t("time.hours", { n: Math.floor(s / HOUR_S) });
  return words.t("time.days", { n: Math.floor(s / DAY_S) });
}

/** How long ago. @param {string} instant RFC 3339 @param {Words} words */
export function ago(instant, words) {
  const seconds = (Date.now() - Date.parse(instant)) / 1000;
  return seconds < 45 ? words.t("time.now") : words.t("time.ago", { span: span(seconds, words) });
}

/**
 * Until when the next move is due, and whether that is over.
 * @param {any} incident @param {Words} words
 * @returns {{text: string, late: boolean}|null} null where nothing is due
 */
export function dueText(incident, words) {
  if (!incident.due_at || !incident.open) return null;
  const seconds = (Date.parse(incident.due_at) - Date.now()) / 1000;
  const late = seconds < 0;
  return { late, text: words.t(late ? "time.overdue" : "time.left", { span: span(seconds, words) }) };
}

/** Date and time in the zone of this machine. @param {string} instant @param {Words} words */
export function when(instant, words) {
  return new Intl.DateTimeFormat(words.language === "en" ? "en-GB" : "zh-CN", {
    year: "numeric",
    month: words.language === "en" ? "short" : "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(new Date(instant));
}

/** A time of the page that tells itself exactly on request. @param {string} instant @param {Words} words */
export function timeProps(instant, words) {
  return { datetime: instant, title: when(instant, words) };
}
