/** What is drawn over the city in the colours of paper: light ground, whatever the theme of the screen. */

import { figuresOf, zeroColour } from "./figures.mjs";
import { COLOUR, colourOf, marksOf } from "./layer.mjs";
import { SOURCE } from "../map/source.mjs";
import { besideOf, periodText } from "./spec.mjs";

/** @typedef {import("./figures.mjs").Figures} Figures */
/**
 * @typedef {object} Printed
 * @property {Figures|null} figures what is drawn now, in light colours
 * @property {Figures|null} beside the other period, where two are held beside each other
 * @property {[string, string]} labels what each of the two is
 */

/** @param {import("./board.mjs").Board} board @returns {Promise<Printed>} */
export async function onPaper(board) {
  const { topic, figures: shown, whole } = board;
  if (!topic || !shown) return { figures: null, beside: null, labels: ["", ""] };
  const context = { ...board.context(), dark: false };
  const isMonth = shown !== whole;
  const edges = shown.edges.length ? shown.edges : null;
  // The same questions as for the screen: mostly their answers are still there.
  const answer = await board.ask(isMonth ? topic : { ...topic, month: "" }, undefined, (isMonth && edges) || undefined);
  const figures = figuresOf(topic, answer, context, isMonth ? edges : null);
  if (!topic.besideFrom) return { figures, beside: null, labels: ["", ""] };
  const days = besideOf(topic, whole?.period?.from ?? topic.from);
  const other = { ...topic, ...days, month: "" };
  const beside = figuresOf(other, await board.ask(other, undefined, edges ?? undefined), context, edges);
  return { figures, beside, labels: [figures.period ? periodText(figures.period) : "", periodText(days)] };
}

/**
 * Figures as the style of the map takes them.
 * @param {Figures|null} figures @param {any} palette
 * @returns {import("./layer.mjs").Drawn|null}
 */
export function drawnOf(figures, palette) {
  if (!figures) return null;
  const { form, level, colours, bands } = figures;
  const fills = form === "grids" ? { [level]: { colours, zero: zeroColour(palette, false) } } : {};
  return { form, level, colours, fills, bands, ...marksOf(figures) };
}

/** Tell a map the colour of every grid. @param {any} map of MapLibre @param {Figures|null} figures @param {any} palette */
export function paintFigures(map, figures, palette) {
  if (figures?.form !== "grids") return;
  const fill = { colours: figures.colours, zero: zeroColour(palette, false) };
  for (const row of figures.rows) {
    const colour = colourOf(fill, row);
    if (colour) map.setFeatureState({ source: SOURCE, sourceLayer: figures.level, id: row.code }, { [COLOUR]: colour });
  }
}
