/** What was typed into the search box. Nothing is guessed: longitude comes first. */

/**
 * @typedef {{kind: "point", lon: string, lat: string}} TypedPoint
 * @typedef {{kind: "code", code: string}} TypedCode
 * @typedef {{kind: "unknown"}} TypedOther
 */

const NUMBER = String.raw`([-+]?\d+(?:\.\d*)?|[-+]?\.\d+)`;
const POINT = new RegExp(String.raw`^${NUMBER}(?:\s*[,，;；、]\s*|\s+)${NUMBER}$`);
const CODE = /^(?=.*\d)[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * @param {string} text
 * @returns {TypedPoint|TypedCode|TypedOther}
 */
export function parseTyped(text) {
  const trimmed = text.trim();
  const point = POINT.exec(trimmed);
  if (point) return { kind: "point", lon: point[1], lat: point[2] };
  if (CODE.test(trimmed)) return { kind: "code", code: trimmed };
  return { kind: "unknown" };
}
