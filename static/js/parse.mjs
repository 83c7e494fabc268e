/** What was typed into the search box. Nothing is guessed: longitude comes first, unless both say which they are. */

/**
 * @typedef {{kind: "point", lon: string, lat: string, datum?: string}} TypedPoint `datum` where it was said
 * @typedef {{kind: "code", code: string}} TypedCode
 * @typedef {{kind: "address", text: string}} TypedAddress
 * @typedef {{kind: "bad"|"empty"}} TypedOther
 */

const NUMBER = String.raw`([-+]?\d+(?:\.\d*)?|[-+]?\.\d+)`;
const POINT = new RegExp(String.raw`^${NUMBER}(?:\s*[,，;；、]\s*|\s+)${NUMBER}$`);
const CODE = /^(?=.*\d)[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** As coordinates are copied here: the datum in brackets behind them. */
const DATUM = /[\s(（]+(WGS-?84|CGCS-?2000|GCJ-?02|BD-?09)\s*[)）]?$/i;
/** Degrees, minutes and seconds, with the hemisphere before or behind. */
const ANGLE = String.raw`([-+]?\d+(?:\.\d+)?)\s*°?\s*(?:(\d+(?:\.\d+)?)\s*'\s*(?:(\d+(?:\.\d+)?)\s*")?)?`;
const BEFORE = new RegExp(String.raw`^([NSEW])\s*${ANGLE}[\s,;]*([NSEW])\s*${ANGLE}$`);
const BEHIND = new RegExp(String.raw`^${ANGLE}\s*([NSEW])?[\s,;]*${ANGLE}\s*([NSEW])?$`);
const BEGUN = /^[-+\d.\s,;'"°NSEW]*\d[-+\d.\s,;'"°NSEW]*[\s,;'"°NSEW][-+\d.\s,;'"°NSEW]*$/;
/** @type {[RegExp, string][]} */
const WRITTEN = [
  [/[′’‘＇]|分/g, "'"], [/″|“|”|＂|''|秒/g, '"'], [/º|˚|度/g, "°"], [/[，、；]/g, ","],
  [/北纬|(?:纬度)?北(?=\s*\d)/g, "N"], [/南纬|(?:纬度)?南(?=\s*\d)/g, "S"],
  [/东经|(?:经度)?东(?=\s*\d)/g, "E"], [/西经|(?:经度)?西(?=\s*\d)/g, "W"],
];

/**
 * @param {string} text
 * @returns {TypedPoint|TypedCode|TypedAddress|TypedOther}
 */
export function parseTyped(text) {
  const trimmed = text.trim();
  if (!trimmed) return { kind: "empty" };
  const said = DATUM.exec(trimmed);
  if (said) {
    const before = parseTyped(trimmed.slice(0, said.index));
    if (before.kind === "point") return { ...before, datum: said[1].toLowerCase().replace("-", "").replace("cgcs2000", "wgs84") };
  }
  // Whole-width digits and hyphens, as input methods and workbooks write them.
  const narrow = narrowed(trimmed);
  const point = POINT.exec(narrow);
  if (point) return { kind: "point", lon: point[1], lat: point[2] };
  if (CODE.test(narrow)) return { kind: "code", code: narrow };
  const written = plain(trimmed);
  const [before, behind] = [BEFORE.exec(written), BEHIND.exec(written)];
  if (before || behind) {
    const found = before
      ? fromAngles(angle(before.slice(2, 5), before[1]), angle(before.slice(6, 9), before[5]))
      : behind && fromAngles(angle(behind.slice(1, 4), behind[4]), angle(behind.slice(5, 8), behind[8]));
    if (found) return found;
    if (/[°NSEW]/.test(written)) return { kind: "bad" };
  }
  return { kind: "address", text: trimmed };
}

/** Whether a point is being typed, so that its datum has to be chosen. @param {string} text */
export function isPointBegun(text) {
  return parseTyped(text).kind === "point" || BEGUN.test(plain(text.trim()));
}

/** A text with characters of half width and one kind of hyphen. @param {string} text */
export function narrowed(text) {
  return text.normalize("NFKC").replace(/[\u2010-\u2015\u2212]/g, "-");
}

/** @param {string} text */
function plain(text) {
  return WRITTEN.reduce((found, [from, to]) => found.replace(from, to), text).toUpperCase();
}

/**
 * @typedef {{axis: string, cut: boolean, text: string}} Angle
 * @param {Angle|null} one @param {Angle|null} other
 * @returns {TypedPoint|null}
 */
function fromAngles(one, other) {
  if (!one || !other || Boolean(one.axis) !== Boolean(other.axis)) return null;
  if (one.axis && one.axis === other.axis) return null;
  const [lon, lat] = one.axis === "lat" ? [other, one] : [one, other];
  // Without hemispheres only what has minutes is meant as a place.
  if (!one.axis && !one.cut && !other.cut) return null;
  return { kind: "point", lon: lon.text, lat: lat.text };
}

/**
 * @param {(string|undefined)[]} parts degrees, minutes, seconds
 * @param {string|undefined} side the hemisphere
 * @returns {Angle|null}
 */
function angle([degrees = "", minutes, seconds], side) {
  if (Number(minutes ?? 0) >= 60 || Number(seconds ?? 0) >= 60) return null;
  const size = Math.abs(Number(degrees)) + Number(minutes ?? 0) / 60 + Number(seconds ?? 0) / 3600;
  if ((side && /^[-+]/.test(degrees)) || (minutes && degrees.includes(".")) || (seconds && minutes?.includes("."))) return null;
  const negative = degrees.startsWith("-") || side === "S" || side === "W";
  const axis = side ? (side === "E" || side === "W" ? "lon" : "lat") : "";
  return { axis, cut: minutes !== undefined, text: String(Number(((negative ? -1 : 1) * size).toFixed(9))) };
}
