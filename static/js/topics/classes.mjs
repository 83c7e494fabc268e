/** Classes and their colours, as exported maps have them. */

/** Adjusted p-values up to which a spot is this sure. @type {[number, string][]} */
const SURE = [[0.01, "99"], [0.05, "95"], [0.1, "90"]];
export const SPOTS = ["hot-99", "hot-95", "hot-90", "not-significant", "cold-90", "cold-95", "cold-99"];
export const PATTERNS = ["new", "consecutive", "intensifying", "persistent", "diminishing", "sporadic", "oscillating", "historical", "none"];
export const SHARE_EDGES = [0, 20, 40, 60, 80, 100];

/**
 * Colours of a ramp, evenly spread over it; on dark ground what is little is dark.
 * @param {string[]} colours light to dark @param {number} count @param {boolean} [dark]
 * @returns {string[]}
 */
export function ramp(colours, count, dark = false) {
  const last = colours.length - 1;
  const ordered = dark ? [...colours].reverse() : colours;
  if (count <= 0) return [];
  if (count === 1) return [ordered[Math.floor(colours.length / 2) + 1]];
  // Few classes need not go as far into the dark as many.
  const top = count > 4 ? last : last - 1;
  return Array.from({ length: count }, (_, i) => between(ordered, (i * top) / (count - 1)));
}

/** @param {string[]} colours @param {number} place */
function between(colours, place) {
  const low = Math.min(Math.floor(place), colours.length - 2);
  const part = place - low;
  return `#${[1, 3, 5].map((at) => {
    const [a, b] = [colours[low], colours[low + 1]].map((one) => parseInt(one.slice(at, at + 2), 16));
    return Math.round(a + (b - a) * part).toString(16).padStart(2, "0");
  }).join("")}`;
}

/**
 * Edges of classes that hold about as many values each: one more than there are classes; fewer where few values differ.
 * @param {number[]} values @param {number} k
 */
export function quantileEdges(values, k) {
  const sorted = values.filter((one) => Number.isFinite(one)).sort((a, b) => a - b);
  if (!sorted.length) return [];
  const edges = Array.from({ length: k + 1 }, (_, i) => {
    const place = (i / k) * (sorted.length - 1);
    const low = Math.floor(place);
    return sorted[low] + (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]) * (place - low);
  });
  const unlike = edges.filter((one, i) => !i || one > edges[i - 1]);
  return unlike.length === 1 ? [unlike[0], unlike[0]] : unlike;
}

/** The class of a value: upper ends belong to the class below. @param {number[]} edges @param {number} value */
export function classOf(edges, value) {
  for (let i = 1; i < edges.length; i += 1) if (value <= edges[i]) return i - 1;
  return edges.length - 2;
}

/** A spot by how sure it is. @param {number|null} z @param {number|null} p adjusted @returns {number} place in SPOTS, -1 for no data */
export function spotOf(z, p) {
  if (z === null || p === null) return -1;
  const found = SURE.find(([limit]) => p <= limit);
  if (!found || z === 0) return SPOTS.indexOf("not-significant");
  return SPOTS.indexOf(`${z > 0 ? "hot" : "cold"}-${found[1]}`);
}

/** A number with three digits that count; what is counted stays as it is. @param {number} value @param {string} locale */
export function numberText(value, locale) {
  if (Number.isInteger(value)) return value.toLocaleString(locale);
  if (value > 0 && value < 1e-4) return "< 0.0001";
  return Number(value.toPrecision(3)).toLocaleString(locale, { maximumFractionDigits: 10 });
}

/**
 * What each class holds.
 * @param {number[]} edges upper ones belong to their class @param {string} locale
 * @param {boolean} [isWhole] of whole numbers, which begin above the class before: "1", "2 – 5", "6 – 15"
 * @returns {string[]}
 */
export function classLabels(edges, locale, isWhole = false) {
  const texts = edges.map((one) => numberText(one, locale));
  if (texts.length === 2 && edges[0] === edges[1]) return [texts[0]];
  if (!isWhole) return texts.slice(1).map((high, i) => `${texts[i]} – ${high}`);
  return edges.slice(1).map((edge, i) => {
    const [low, high] = [i ? Math.floor(edges[i]) + 1 : Math.ceil(edges[i]), Math.floor(edge)];
    return low >= high ? numberText(high, locale) : `${numberText(low, locale)} – ${numberText(high, locale)}`;
  });
}
