/** China's datums for single points, as app/geo/datum.py has them: the same formulae, the inverse by iteration. */

/** @typedef {{lon: number, lat: number}} Point */
/** @typedef {"wgs84"|"gcj02"|"bd09"} Datum */

export const DATUMS = /** @type {Datum[]} */ (["wgs84", "gcj02", "bd09"]);

/** How people write them. @type {Record<string, string>} */
export const DATUM_NAMES = { wgs84: "WGS-84", cgcs2000: "CGCS2000", gcj02: "GCJ-02", bd09: "BD-09" };

/** Only there does GCJ-02 differ from WGS-84: west, south, east, north. */
const SHIFTED = [72.004, 0.8293, 137.8347, 55.8271];
const AXIS_M = 6378245;
const EE = 0.00669342162296594323;
const WAVE = (Math.PI * 3000) / 180;
const ROUNDS = 20;
const SETTLED_DEG = 1e-12;
const RIM_DEG = 1e-10;
const { abs, cos, hypot, PI, sin, sqrt } = Math;

/** @param {Point} point WGS-84 @param {Datum} datum @returns {Point} */
export function fromWgs84(point, datum) {
  if (datum === "gcj02") return toGcj02(point);
  return datum === "bd09" ? moved(toGcj02(point), bd09Shift) : point;
}

/** @param {Point} point of `datum` @param {Datum} datum @returns {Point} WGS-84 */
export function toWgs84(point, datum) {
  if (datum === "gcj02") return fromGcj02(point);
  return datum === "bd09" ? fromGcj02(solve(point, bd09Shift)) : point;
}

/** @param {Point} point @returns {Point} */
function toGcj02(point) {
  return isShifted(point, 0) ? moved(point, gcj02Shift) : point;
}

/** What the shift cannot have made was not shifted. @param {Point} point @returns {Point} */
function fromGcj02(point) {
  if (!isShifted(point, 0.05)) return point;
  const back = solve(point, gcj02Shift);
  return isShifted(back, RIM_DEG) ? back : point;
}

/** @param {Point} point @param {number} margin degrees */
function isShifted({ lon, lat }, margin) {
  const [west, south, east, north] = SHIFTED;
  return lon >= west - margin && lon <= east + margin && lat >= south - margin && lat <= north + margin;
}

/** @typedef {(point: Point) => Point} Shift of a point, in degrees */

/** @param {Point} point @param {Shift} shift @returns {Point} */
function moved(point, shift) {
  const by = shift(point);
  return { lon: point.lon + by.lon, lat: point.lat + by.lat };
}

/** The point that the shift brings to `point`. @param {Point} point @param {Shift} shift @returns {Point} */
function solve(point, shift) {
  let found = point;
  for (let round = 0; round < ROUNDS; round += 1) {
    const by = shift(found);
    const next = { lon: point.lon - by.lon, lat: point.lat - by.lat };
    const step = Math.max(abs(next.lon - found.lon), abs(next.lat - found.lat));
    found = next;
    if (step < SETTLED_DEG) break;
  }
  return found;
}

/** @type {Shift} */
function gcj02Shift({ lon, lat }) {
  const [x, y] = [lon - 105, lat - 35];
  const root = 0.1 * sqrt(abs(x));
  const fine = 20 * (sin(6 * PI * x) + sin(2 * PI * x));
  const eastM = 300 + x + 2 * y + 0.1 * x * (x + y) + root
    + (2 / 3) * (fine + 20 * sin(PI * x) + 40 * sin((PI / 3) * x) + 150 * sin((PI / 12) * x) + 300 * sin((PI / 30) * x));
  const northM = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 2 * root
    + (2 / 3) * (fine + 20 * sin(PI * y) + 40 * sin((PI / 3) * y) + 160 * sin((PI / 12) * y) + 320 * sin((PI / 30) * y));
  const phi = (lat * PI) / 180;
  const w2 = 1 - EE * sin(phi) ** 2;
  const normalM = AXIS_M / sqrt(w2);
  const meridianM = (normalM * (1 - EE)) / w2;
  return { lon: (eastM / (normalM * cos(phi)) / PI) * 180, lat: (northM / meridianM / PI) * 180 };
}

/** @type {Shift} */
function bd09Shift({ lon, lat }) {
  const radius = hypot(lon, lat) + 0.00002 * sin(WAVE * lat);
  const angle = Math.atan2(lat, lon) + 0.000003 * cos(WAVE * lon);
  return { lon: radius * cos(angle) + 0.0065 - lon, lat: radius * sin(angle) + 0.006 - lat };
}
