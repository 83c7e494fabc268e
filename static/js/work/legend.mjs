/** What the map itself is made of, for a picture of it: lines by level, hatching, water and roads, signs. */

import { SEVERITY } from "../incidents/rules.mjs";
import { incidentImage, imageParts } from "../incidents/symbols.mjs";
import { borderColour, isCovered, overPhotographs } from "../map/beneath.mjs";
import { within } from "../map/bounds.mjs";
import { hatch } from "../map/hatch.mjs";
import { levelScales, lineWidth } from "../map/scale.mjs";
import { levelName } from "../panel/parts.mjs";

/** Overlays are seen from here on, and houses. */
const OVERLAYS_FROM = 12;
const HOUSES_FROM = 15;
const WIDE = 26;
const HIGH = 14;
const PHOTOGRAPH = "#4d5340";

/** @typedef {CanvasRenderingContext2D} Pen */
/** @typedef {{label: string, draw: (pen: Pen, x: number, y: number) => void}} Key a row: `draw` fills 26 × 14 px */

/**
 * @param {import("../app.mjs").App} app @param {any} palette @param {number} zoom of the picture
 * @returns {Key[]}
 */
export function mapKeys(app, palette, zoom) {
  const { city, words, view } = app;
  const look = overPhotographs({ ...view.look, theme: "light", colours: palette.themes.light.map });
  const { colours, theme } = look;
  // What is light on a photograph is shown on the dark of one.
  const over = (/** @type {Key["draw"]} */ draw) => (theme === "light" ? draw : both(filled(PHOTOGRAPH, PHOTOGRAPH), draw));
  const shown = (/** @type {string} */ id) => !view.look.hidden.has(id);
  const levels = levelScales(city).filter(({ id, lineFrom }) => shown(id) && zoom > lineFrom);
  const overlays = city.overlays.filter((/** @type {any} */ { id }) => shown(id) && zoom > OVERLAYS_FROM);
  const bases = isCovered(look) ? [] : city.bases.filter((/** @type {any} */ { id }) => shown(id) && (id === "water" || id === "roads" || (isHouses(id) && zoom > HOUSES_FROM)));
  return [
    ...levels.map(({ id, name, position }) => ({ label: levelName(id, name, words), draw: over(line(borderColour(position, look), Math.max(0.8, lineWidth(position) * 1.3))) })),
    ...overlays.map((/** @type {any} */ { id, name }) => ({ label: levelName(id, name, words), draw: over(hatched(hatch(colours.overlay, true), colours.overlay)) })),
    ...bases.map((/** @type {any} */ { id, name }) => ({ label: levelName(id, name, words), draw: id === "water" ? filled(colours.water, colours["water-line"]) : isHouses(id) ? filled(colours.house, colours["house-line"]) : line(colours["motorway-case"], 3) })),
    ...(shown("outside") ? [{ label: words.t("layers.outside"), draw: over(hatched(hatch(colours["outside-hatch"]), colours["outside-line"])) }] : []),
    ...(view.marked.length ? [{ label: words.t("layers.select"), draw: over(filled(`${colours.select}2e`, colours.select)) }] : []),
    ...(shown("incidents") ? signs(app, palette, theme) : []),
  ];
}

/** @param {string} id of a base */
function isHouses(id) {
  return id === "houses" || id === "buildings";
}

/** Signs of hazards and severities that are on the map. @param {import("../app.mjs").App} app @param {any} palette @param {string} theme @returns {Key[]} */
function signs({ view, words, desk }, palette, theme) {
  const all = [...within(view.look.incidents.features ?? [], view.viewBounds()), ...(view.look.incident.type === "Feature" ? [view.look.incident] : [])].map((one) => one.properties);
  const some = (/** @type {(one: any) => boolean} */ is) => all.some(is);
  const domains = (desk?.rules?.domains() ?? []).filter(({ id }) => some((one) => one.domain === id));
  /** @param {string} domain @param {string} letter @param {number} severity @param {boolean} [late] */
  const sign = (domain, letter, severity, late = false) => (/** @type {Pen} */ pen, /** @type {number} */ x, /** @type {number} */ y) => {
    const made = incidentImage(imageParts(theme, domain, letter, String(severity), late ? "1" : "0").join("|"), palette);
    if (!made) return;
    const side = 19;
    pen.drawImage(pasted(made.image), x + (WIDE - side) / 2, y + (HIGH - side) / 2, side, side);
  };
  return [
    ...domains.map(({ id, label, letter }) => ({ label, draw: sign(id, letter ?? "", 2) })),
    ...[1, 2, 3, 4].filter((severity) => some((one) => one.severity === severity))
      .map((severity) => ({ label: words.t(SEVERITY[severity]), draw: sign("", " ", severity) })),
    ...(some((one) => one.overdue) ? [{ label: words.t("incident.overdue"), draw: sign("", " ", 2, true) }] : []),
    ...(all.length > 1 ? [{ label: words.t("picture.group"), draw: disc(palette.themes[theme].map) }] : []),
    ...(all.length > 1 && some((one) => one.severity === 4) ? [{ label: words.t("layers.group-worst"), draw: disc(palette.themes[theme].map, "hazard-fire") }] : []),
    ...(all.length > 1 && some((one) => one.overdue) ? [{ label: words.t("layers.group-late"), draw: disc(palette.themes[theme].map, "near") }] : []),
  ];
}

/** @param {Record<string, string>} colours @param {string} [ring] name of its colour */
function disc(colours, ring = "group") {
  return (/** @type {Pen} */ pen, /** @type {number} */ x, /** @type {number} */ y) => {
    for (const [colour, radius] of /** @type {[string, number][]} */ ([[ring, 8.5], ["group", ring === "group" ? 8.5 : 6.5]])) {
      pen.fillStyle = colours[colour];
      pen.beginPath();
      pen.arc(x + WIDE / 2, y + HIGH / 2, radius, 0, 2 * Math.PI);
      pen.fill();
    }
    pen.fillStyle = colours["group-ink"];
    pen.font = "11px sans-serif";
    pen.textAlign = "center";
    pen.fillText("3", x + WIDE / 2, y + HIGH / 2 + 4);
    pen.textAlign = "start";
  };
}

/** One upon the other. @param {Key["draw"]} below @param {Key["draw"]} above @returns {Key["draw"]} */
function both(below, above) {
  return (pen, x, y) => {
    below(pen, x, y);
    above(pen, x, y);
  };
}

/** @param {string} colour @param {number} width */
function line(colour, width) {
  return (/** @type {Pen} */ pen, /** @type {number} */ x, /** @type {number} */ y) => {
    pen.fillStyle = colour;
    pen.fillRect(x, y + (HIGH - width) / 2, WIDE, width);
  };
}

/** @param {string|CanvasPattern} fill @param {string} edge */
function filled(fill, edge) {
  return (/** @type {Pen} */ pen, /** @type {number} */ x, /** @type {number} */ y) => {
    pen.fillStyle = fill;
    pen.fillRect(x, y, WIDE, HIGH);
    pen.strokeStyle = edge;
    pen.lineWidth = 1;
    pen.strokeRect(x, y, WIDE, HIGH);
  };
}

/** @param {{width: number, height: number, data: Uint8Array}} made @param {string} edge */
function hatched(made, edge) {
  const image = pasted(new ImageData(new Uint8ClampedArray(made.data), made.width, made.height));
  return (/** @type {Pen} */ pen, /** @type {number} */ x, /** @type {number} */ y) => {
    pen.drawImage(image, 0, 0, WIDE, HIGH, x, y, WIDE, HIGH);
    pen.strokeStyle = edge;
    pen.lineWidth = 1;
    pen.strokeRect(x, y, WIDE, HIGH);
  };
}

/** @param {ImageData} image */
function pasted(image) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).putImageData(image, 0, 0);
  return canvas;
}
