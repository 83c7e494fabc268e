/**
 * The disc of incidents that would lie on each other: as large as they are many, its ring tells that the gravest is
 * among them, or one that is overdue. An image like the signs, so that one program of the graphics card draws both.
 */

import { imageOf } from "./image.mjs";

/** Radius in pixels, and from how many incidents on. */
const RADII = [12, 5, 14, 11, 16, 28, 19, 64, 22, 115, 25, 324, 30, 1024, 36];
/** Colour and width of the ring. @type {Record<string, [string, number]>} */
const RINGS = { grave: ["hazard-fire", 4], late: ["near", 2.5], plain: ["halo", 2.5] };

/** The name of the image of a group, as an expression. @param {string} theme */
export function discOf(theme) {
  const ring = ["case", [">=", ["get", "worst"], 4], "grave", ["==", ["get", "late"], 1], "late", "plain"];
  return ["concat", `disc|${theme}|`, ring, "|", ["to-string", ["step", ["get", "point_count"], ...RADII]]];
}

/**
 * The image that a name asks for; null for other names.
 * @param {string} id @param {any} palette
 * @returns {{image: ImageData, pixelRatio: number}|null}
 */
export function discImage(id, palette) {
  const [kind, theme, name, size] = id.split("|");
  const colours = kind === "disc" ? palette.themes[theme]?.map : null;
  const ring = RINGS[name];
  const radius = Number(size);
  if (!colours || !ring || !(radius > 0)) return null;
  const [ink, width] = ring;
  const side = Math.ceil(2 * (radius + width) + 1);
  return imageOf(side, (pen) => {
    for (const [colour, reach] of /** @type {[string, number][]} */ ([[colours[ink], radius + width], [colours.group, radius]])) {
      pen.beginPath();
      pen.arc(side / 2, side / 2, reach, 0, 2 * Math.PI);
      pen.fillStyle = colour;
      pen.fill();
    }
  });
}
