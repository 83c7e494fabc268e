/** Metres on the ground: lengths and areas of what is drawn, as exact as a hand on a screen can be. */

/** @typedef {[number, number]} Place lon, lat in degrees */

/**
 * Metres of a degree of longitude and of latitude (WGS-84 ellipsoid, the usual series).
 * @param {number} lat degrees
 * @returns {[number, number]}
 */
export function degreeM(lat) {
  const phi = (lat * Math.PI) / 180;
  return [
    111412.84 * Math.cos(phi) - 93.5 * Math.cos(3 * phi) + 0.118 * Math.cos(5 * phi),
    111132.92 - 559.82 * Math.cos(2 * phi) + 1.175 * Math.cos(4 * phi),
  ];
}

/** Metres between two places that are not far apart. @param {Place} one @param {Place} other */
export function distanceM([lon, lat], [toLon, toLat]) {
  const [east, north] = degreeM((lat + toLat) / 2);
  return Math.hypot((toLon - lon) * east, (toLat - lat) * north);
}

/** Metres along a line. @param {Place[]} line */
export function lengthM(line) {
  return line.slice(1).reduce((sum, place, i) => sum + distanceM(line[i], place), 0);
}

/** Square metres within a ring, whichever way round. @param {Place[]} ring without the first place again */
export function areaM2(ring) {
  if (ring.length < 3) return 0;
  const [east, north] = degreeM(ring.reduce((sum, [, lat]) => sum + lat, 0) / ring.length);
  const [lon, lat] = ring[0];
  const flat = ring.map(([x, y]) => [(x - lon) * east, (y - lat) * north]);
  return Math.abs(flat.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = flat[(i + 1) % flat.length];
    return sum + x * nextY - nextX * y;
  }, 0)) / 2;
}

const PURPOSES = ["line", "area", "enclose"];
/** What the server takes of a ring, and more than a hand draws. */
const MOST = 500;

/** What is drawn, in words that stand in the address: `area:104.547210,30.390120;…`. @param {string} purpose @param {Place[]} places */
export function shapeText(purpose, places) {
  return `${purpose}:${places.map(([lon, lat]) => `${lon.toFixed(6)},${lat.toFixed(6)}`).join(";")}`;
}

/**
 * What such words name, null for nothing that can be drawn.
 * @param {string} text
 * @returns {{purpose: "line"|"area"|"enclose", places: Place[]}|null}
 */
export function readShape(text) {
  const [purpose, list = ""] = text.split(":", 2);
  const places = list.split(";").map((one) => one.split(",").map(Number));
  const isPlace = (/** @type {number[]} */ [lon, lat, ...more]) => !more.length && Math.abs(lon) <= 180 && Math.abs(lat) <= 90;
  const enough = places.length >= (purpose === "line" ? 2 : 3) && places.length <= MOST;
  return PURPOSES.includes(purpose) && enough && places.every(isPlace) ? /** @type {any} */ ({ purpose, places }) : null;
}

/** An area for people. @param {number} m2 */
export function areaText(m2) {
  if (m2 < 10000) return `${Math.round(m2).toLocaleString("en")} m²`;
  return `${(m2 / 1e6).toLocaleString("en", { maximumSignificantDigits: m2 < 1e6 ? 2 : 4 })} km²`;
}

/** The GeoJSON of what is drawn so far. @param {Place[]} places @param {"line"|"area"} form */
export function drawing(places, form) {
  const features = places.map((at) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } }));
  const line = form === "area" && places.length > 2 ? [...places, places[0]] : places;
  const shapes = [];
  if (form === "area" && places.length > 2) shapes.push({ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [line] } });
  if (line.length > 1) shapes.push({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: line } });
  return { type: "FeatureCollection", features: [...shapes, ...features] };
}
