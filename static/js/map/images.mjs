/** Images that a style names, made when they are first wanted. */

import { incidentImage } from "../incidents/symbols.mjs";
import { dots, HATCH_OPTIONS, hatch } from "./hatch.mjs";

/** @param {any} map of MapLibre @param {string} id @param {any} palette */
export function addImage(map, id, palette) {
  const made = incidentImage(id, palette);
  if (made && !map.hasImage(id)) map.addImage(id, made.image, { pixelRatio: made.pixelRatio });
  const [, draws, theme] = /^(hatch|dots)-(\w+)$/.exec(id) ?? [];
  if (!theme || map.hasImage(id)) return;
  const ink = palette.themes[theme].map["outside-hatch"];
  map.addImage(id, draws === "hatch" ? hatch(ink) : dots(ink), HATCH_OPTIONS);
}
