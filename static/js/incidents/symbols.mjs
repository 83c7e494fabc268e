/**
 * The sign of an incident: hue and glyph tell the hazard, shape and size the severity, a small mark
 * that it is overdue. Drawn once for the map and once for the page, from the same paths.
 */

import { imageOf } from "./image.mjs";

const SVG = "http://www.w3.org/2000/svg";
/** Everything is drawn in a box of this side. */
const BOX = 32;

/** Bodies by severity, 1 to 4: disc, square, diamond, octagon. */
const BODIES = [
  "",
  "M16 6.5a9.5 9.5 0 1 1 0 19a9.5 9.5 0 1 1 0-19z",
  "M10.5 6h11A4.5 4.5 0 0 1 26 10.5v11a4.5 4.5 0 0 1-4.5 4.5h-11A4.5 4.5 0 0 1 6 21.5v-11A4.5 4.5 0 0 1 10.5 6z",
  "M14.3 3.4a2.4 2.4 0 0 1 3.4 0l10.9 10.9a2.4 2.4 0 0 1 0 3.4L17.7 28.6a2.4 2.4 0 0 1-3.4 0L3.4 17.7a2.4 2.4 0 0 1 0-3.4z",
  "M10.3 2.5h11.4l7.8 7.8v11.4l-7.8 7.8H10.3l-7.8-7.8V10.3z",
];
/** Side in pixels at which each is drawn. */
export const SIZES = [0, 30, 32, 34, 37];

/** Glyphs of the domains: filled paths, or lines where `line` says how wide. */
const GLYPHS = /** @type {Record<string, {path: string, line?: number}>} */ ({
  gas: { path: "M16 8.6c3.3 3.7 5.1 6.2 5.1 8.9a5.1 5.1 0 0 1-10.2 0c0-2.7 1.8-5.2 5.1-8.9zM16 14.8c-1.5 1.5-2.3 2.6-2.3 3.7a2.3 2.3 0 0 0 4.6 0c0-1.1-.8-2.2-2.3-3.7z" },
  geological: { path: "M8.6 21.8 13.6 11l3.2 4.7 1.9-2.1 4.7 8.2z" },
  drowning: { path: "M9.2 14.2c1.7-2.1 3.3-2.1 5 0s3.3 2.1 5 0 2.4-1.7 3.6-.8M9.2 19.4c1.7-2.1 3.3-2.1 5 0s3.3 2.1 5 0 2.4-1.7 3.6-.8", line: 2.2 },
  fire: { path: "M16.7 8.3c.6 2.9 4.5 4.6 4.5 8.7a5.2 5.2 0 0 1-10.4.2c0-2.2 1-3.5 2.1-4.4.1 1.5.6 2.3 1.4 2.8-.3-2.9.4-5.5 2.4-7.3z" },
  other: { path: "M11.2 16h.01M16 16h.01M20.8 16h.01", line: 3.2 },
});
const LATE = { x: 25.5, y: 6.5, r: 5.5, bar: "M25.5 3.6v3.5M25.5 9.3v.1" };

/**
 * @typedef {object} Sign
 * @property {string} domain id of the hazard's domain
 * @property {string} [letter] drawn where the domain has no glyph
 * @property {number} severity 1 to 4
 * @property {boolean} [overdue]
 * @property {boolean} [blank] without a glyph, for legends
 */

/** The name of the image on the map. @param {any} theme @param {any} domain @param {any} letter @param {any} severity @param {any} overdue */
export const imageParts = (theme, domain, letter, severity, overdue) => ["incident", theme, domain, letter, severity, overdue];

/**
 * The image that a name asks for; null for other names.
 * @param {string} id @param {any} palette
 * @returns {{image: ImageData, pixelRatio: number}|null}
 */
export function incidentImage(id, palette) {
  const [kind, theme, domain, letter, severity, late] = id.split("|");
  const colours = kind === "incident" ? palette.themes[theme]?.map : null;
  if (!colours) return null;
  const size = SIZES[Number(severity)] ?? SIZES[1];
  return imageOf(size, (pen) => {
    pen.scale(size / BOX, size / BOX);
    paint(pen, { domain, letter, severity: Number(severity), overdue: late === "1" }, colours);
  });
}

/** @param {CanvasRenderingContext2D} pen @param {Sign} sign @param {Record<string, string>} colours */
function paint(pen, { domain, letter = "", severity, overdue }, colours) {
  const body = new Path2D(BODIES[severity] ?? BODIES[1]);
  pen.lineJoin = pen.lineCap = "round";
  pen.strokeStyle = colours.halo;
  pen.lineWidth = 3;
  pen.stroke(body);
  pen.fillStyle = colours[`hazard-${domain}`] ?? colours["hazard-other"];
  pen.fill(body);
  pen.fillStyle = pen.strokeStyle = colours["hazard-ink"];
  const glyph = GLYPHS[domain];
  if (!glyph) {
    pen.font = "600 13px sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(letter, BOX / 2, BOX / 2 + 1);
  } else if (glyph.line) {
    pen.lineWidth = glyph.line;
    pen.stroke(new Path2D(glyph.path));
  } else pen.fill(new Path2D(glyph.path), "evenodd");
  if (!overdue) return;
  pen.beginPath();
  pen.arc(LATE.x, LATE.y, LATE.r, 0, 2 * Math.PI);
  pen.fillStyle = colours["hazard-late"];
  pen.strokeStyle = colours.halo;
  pen.lineWidth = 2;
  pen.stroke();
  pen.fill();
  pen.strokeStyle = colours["hazard-late-ink"];
  pen.lineWidth = 1.7;
  pen.stroke(new Path2D(LATE.bar));
}

/** The sign as an element of the page; its meaning stands beside it in words. @param {Sign} sign @returns {SVGElement} */
export function signOf({ domain, letter = "", severity, overdue, blank }) {
  const svg = node("svg", { viewBox: `0 0 ${BOX} ${BOX}`, class: "sign", "aria-hidden": "true" });
  svg.dataset.severity = String(severity);
  svg.append(node("path", { d: BODIES[severity] ?? BODIES[1], class: "sign-body", "data-domain": domain }));
  const glyph = GLYPHS[domain];
  if (!blank && glyph) {
    svg.append(node("path", glyph.line
      ? { d: glyph.path, class: "sign-line", "stroke-width": glyph.line }
      : { d: glyph.path, class: "sign-glyph", "fill-rule": "evenodd" }));
  } else if (!blank) {
    const text = node("text", { x: BOX / 2, y: BOX / 2 + 5, class: "sign-letter", "text-anchor": "middle" });
    text.textContent = letter;
    svg.append(text);
  }
  if (overdue) {
    svg.append(
      node("circle", { cx: LATE.x, cy: LATE.y, r: LATE.r, class: "sign-late" }),
      node("path", { d: LATE.bar, class: "sign-late-bar" }));
  }
  return svg;
}

/** A sign where the legend has its swatches. @param {Sign} sign @returns {HTMLElement} */
export function legendSymbol(sign) {
  const holder = document.createElement("span");
  holder.className = "swatch-sign";
  holder.append(signOf(sign));
  return holder;
}

/** @param {string} tag @param {Record<string, string|number>} attributes @returns {SVGElement} */
function node(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return /** @type {SVGElement} */ (made);
}
