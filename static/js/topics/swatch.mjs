/** The sample of a class in legend and table: its colour, and its texture or mark. */

import { el } from "../dom.mjs";
import { texturePath, textureStroke } from "./textures.mjs";

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {import("./textures.mjs").Texture} Texture */

/** @param {string} colour @param {{mark?: string, texture?: Texture|null}} [how] @returns {HTMLElement} */
export function swatch(colour, { mark = "", texture = null } = {}) {
  const box = el("span", { class: `class-swatch${mark ? ` class-${mark}` : ""}`, "aria-hidden": "true" });
  box.style.backgroundColor = colour;
  if (texture) box.append(sample(texture, colour));
  return box;
}

/** @param {Texture} texture @param {string} colour */
function sample(texture, colour) {
  const stroke = textureStroke(texture, colour);
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 12");
  path.setAttribute("d", texturePath(texture));
  path.setAttribute("stroke", stroke.colour);
  path.setAttribute("stroke-width", String(stroke.width));
  svg.append(path);
  return svg;
}
