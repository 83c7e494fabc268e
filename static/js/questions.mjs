/** What may be asked, how exactly, and which grids an answer marks. */

import { NEAR_M } from "./panel/answer.mjs";

/** Up to where the roughness of a click is asked as accuracy. */
const MOST_ACCURACY_M = 50;

/**
 * @typedef {object} PointQuestion
 * @property {"point"} kind
 * @property {number|string} lon
 * @property {number|string} lat
 * @property {string} datum
 * @property {number} roughM how far off the point may be, metres
 * @property {"map"|"search"|"address"} by
 * @property {() => Node} [head] what is said above the answer
 */
/** @typedef {{kind: "grid", code: string, level?: string, by: "map"|"search"|"address"}} GridQuestion */
/** @typedef {import("./address/question.mjs").AddressQuestion} AddressQuestion */
/** @typedef {PointQuestion|GridQuestion|AddressQuestion} Question */

/** What of a click's roughness is asked as accuracy. @param {PointQuestion} question */
export function accuracyM({ roughM }) {
  return roughM <= MOST_ACCURACY_M ? Math.round(roughM * 10) / 10 : 0;
}

/** Which grids an answer marks. @param {any} answer */
export function marks(answer) {
  const finest = answer.chain.at(-1);
  if (!finest) return {};
  if (answer.grid) return { selected: answer.chain };
  const selected = [...answer.chain, ...answer.overlays.map((/** @type {any} */ one) => ({ level: one.overlay, code: one.code }))];
  const beside = answer.alternatives.map((/** @type {any} */ one) => one.code);
  if (answer.neighbour && (answer.status !== "inside" || answer.border_m < NEAR_M)) beside.push(answer.neighbour.code);
  const near = [...new Set(beside)].filter((code) => code !== finest.code).map((code) => ({ level: finest.level, code }));
  return { selected, near };
}
