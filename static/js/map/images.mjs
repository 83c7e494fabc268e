/** Images that a style names, made when they are first wanted. */

import { discImage } from "../incidents/discs.mjs";
import { incidentImage } from "../incidents/symbols.mjs";
import { textureImage } from "../topics/textures.mjs";
import { dots, HATCH_OPTIONS, hatch } from "./hatch.mjs";

/** @param {any} map of MapLibre @param {string} id @param {any} palette */
export function addImage(map, id, palette) {
  const made = textureImage(id, palette) ?? incidentImage(id, palette) ?? discImage(id, palette);
  if (made && !map.hasImage(id)) map.addImage(id, made.image, { pixelRatio: made.pixelRatio });
  const [, draws, theme] = /^(hatch|dots|lean)-(\w+)$/.exec(id) ?? [];
  if (!theme || map.hasImage(id)) return;
  const { overlay, "outside-hatch": ink } = palette.themes[theme].map;
  const image = draws === "lean" ? hatch(overlay, true) : draws === "hatch" ? hatch(ink) : dots(ink);
  map.addImage(id, image, HATCH_OPTIONS);
}
