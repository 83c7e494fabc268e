/**
 * What the address keeps: `#z=13.20&c=104.54720,30.39010&p=104.547210,30.390120&g=<code>&i=<number>`.
 * z zoom, c centre, p the located point (WGS-84), g the grid shown, i the incident shown,
 * a the address that was looked up as long as it may lie in several grids (else it says where somebody lives, and the
 * point will do), d what is drawn by hand, off what of the map is switched off, b the basemap (`none`: the city's own map alone),
 * t the topic with its time, f the filters of incidents, tab the list of incidents where that is seen, or that a report
 * is being written, which this tab of the browser keeps; longitude first throughout.
 */

/** @typedef {{lon: number, lat: number}} Point */
/**
 * @typedef {{zoom: number|null, centre: Point|null, point: Point|null, grid: string|null,
 *   incident: string|null, address: string|null, shape: string, off: string[], topic: string,
 *   filters: string, list: boolean, report: boolean, basemap: string|null}} Place
 *   `basemap` is empty for none, null where nothing is said
 */

const NO_BASEMAP = "none";
const LIST = "incidents";
const REPORT = "report";
/** What the server takes of an address, too. */
const LONGEST = 200;

/** @param {string} hash @returns {Place} what of it can be read */
export function readHash(hash) {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const text = parts.get("a")?.trim() ?? "";
  const zoom = Number.parseFloat(parts.get("z") ?? "");
  return {
    zoom: Number.isFinite(zoom) ? Math.min(Math.max(zoom, 0), 22) : null,
    centre: readPoint(parts.get("c")),
    point: readPoint(parts.get("p")),
    grid: parts.get("g") || null,
    incident: parts.get("i") || null,
    address: text && text.length <= LONGEST ? text : null,
    shape: parts.get("d") ?? "",
    off: (parts.get("off") ?? "").split(",").filter(Boolean),
    topic: parts.get("t") ?? "",
    basemap: parts.get("b") === NO_BASEMAP ? "" : parts.get("b") || null,
    filters: parts.get("f") ?? "",
    list: parts.get("tab") === LIST,
    report: parts.get("tab") === REPORT,
  };
}

/** @param {Place} place @returns {string} with its `#` */
export function writeHash({ zoom, centre, point, grid, incident, address, shape, off, topic, filters, list, report, basemap }) {
  const parts = [];
  if (zoom !== null) parts.push(`z=${zoom.toFixed(2)}`);
  if (centre) parts.push(`c=${centre.lon.toFixed(5)},${centre.lat.toFixed(5)}`);
  if (point) parts.push(`p=${point.lon.toFixed(6)},${point.lat.toFixed(6)}`);
  if (grid) parts.push(`g=${encodeURIComponent(grid)}`);
  if (incident) parts.push(`i=${encodeURIComponent(incident)}`);
  if (address) parts.push(`a=${encodeURIComponent(address)}`);
  if (shape) parts.push(`d=${legible(shape)}`);
  if (off.length) parts.push(`off=${off.map(encodeURIComponent).join(",")}`);
  if (basemap !== null) parts.push(`b=${basemap ? encodeURIComponent(basemap) : NO_BASEMAP}`);
  if (topic) parts.push(`t=${legible(topic)}`);
  if (filters) parts.push(`f=${legible(filters)}`);
  if (list || report) parts.push(`tab=${list ? LIST : REPORT}`);
  return `#${parts.join("&")}`;
}

/** Whether an address names nothing of the map: it may be another anchor of the page. @param {Place} place */
export function saysNothing({ centre, point, grid, incident, address, shape, topic, filters, list }) {
  return !(centre || point || grid || incident || address || shape || topic || filters || list);
}

/** Signs that mean nothing in the part after # stay as they are. @param {string} text */
function legible(text) {
  return encodeURIComponent(text).replaceAll("%3A", ":").replaceAll("%40", "@").replaceAll("%2C", ",").replaceAll("%3B", ";");
}

/** @param {string|null} text @returns {Point|null} */
function readPoint(text) {
  const found = /^(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)$/.exec(text ?? "");
  if (!found) return null;
  const [lon, lat] = [Number(found[1]), Number(found[2])];
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? { lon, lat } : null;
}
