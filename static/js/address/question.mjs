/** From an address to an answer of the application, and what of it the map shows. */

/** How close to look at what an answer stands for. */
const ZOOM = { point: 16.5, area: 13 };
/** Room around points that are shown together, degrees. */
const AROUND = 0.002;
/** Below which share, together, candidates are not all that is in question; shares are rounded. */
export const ALL = 0.98;
/** Below which share it lies rather somewhere else, and the whole area is shown. */
const HALF = 0.5;

/**
 * @typedef {object} AddressQuestion
 * @property {"address"} kind
 * @property {string} text
 * @property {string} [pick] the code of a candidate that was chosen
 * @property {"map"|"search"|"address"} by
 */
/**
 * What is answered: as of /api/locate where the place is known, with what became of the address.
 * @typedef {object} AddressAnswer
 * @property {any} address as of /api/addresses/assign
 * @property {any} [grid] as of /api/grids, where the point lies in another grid than the address
 * @property {any} [picked] the candidate that was chosen
 * @property {string} text
 * @property {any[]} chain
 * @property {number[]|null} [bounds] of the grid in which it may lie anywhere, degrees
 * @property {any} [lon]
 * @property {any} [lat]
 * @property {any} [outside]
 */

/**
 * @param {import("../api.mjs").Api} api
 * @param {(text: string, signal: AbortSignal) => Promise<any>} assign one address
 * @param {AddressQuestion} question
 * @returns {Promise<AddressAnswer>}
 */
export async function answerTo(api, assign, { text, pick }) {
  const found = await api.latest((signal) => assign(text, signal));
  const address = found.results[0];
  const picked = pick ? address.candidates.find((/** @type {any} */ one) => one.grid === pick) : null;
  const at = picked ?? (address.status === "assigned" ? address : null);
  if (!at) return { address, text, chain: [], bounds: await boundsOf(api, address.candidates) };
  const code = at.grid;
  const located = await api.locate({ lon: at.lon, lat: at.lat, datum: "wgs84" });
  if (located.chain.at(-1)?.code === code) return { ...located, address, picked, text };
  // Between two doors of a grid the point may lie across its border; what counts is the grid.
  const level = at.chain.at(-1).level;
  const grid = await api.grid(code, level);
  return { address, picked, text, grid, chain: grid.chain, lon: at.lon, lat: at.lat };
}

/** How much of what is in question candidates are together. @param {{share: number}[]} all */
export function sharedOf(all) {
  return all.reduce((sum, { share }) => sum + share, 0);
}

/**
 * The box of the finest grid that holds all candidates, where it rather lies at none of them.
 * @param {import("../api.mjs").Api} api @param {any[]} all
 * @returns {Promise<number[]|null>} degrees
 */
async function boundsOf(api, all) {
  if (!all.length || sharedOf(all) >= HALF) return null;
  const shared = all[0].chain.findLast((/** @type {any} */ link) => all.every(({ chain }) => chain.some((/** @type {any} */ one) => one.code === link.code && one.level === link.level)));
  return shared ? (await api.grid(shared.code, shared.level).catch(() => null))?.bounds ?? null : null;
}

/** Whether one grid is answered. @param {AddressAnswer} answer */
export function isSettled(answer) {
  return answer.chain.length > 0;
}

/**
 * Put candidates, or the area that is known, on the map.
 * @param {any} view MapView or its stand-in
 * @param {AddressAnswer} answer
 * @param {(pick: string) => void} choose
 * @param {boolean} move
 */
export function showOpen(view, answer, choose, move) {
  const { address } = answer;
  const { candidates } = address;
  view.mark(null);
  view.focus(null);
  view.number(candidates, (/** @type {any} */ one) => choose(one.grid));
  view.highlight({ near: candidates.map((/** @type {any} */ one) => ({ level: one.chain.at(-1).level, code: one.grid })) });
  if (!move) return;
  if (answer.bounds) view.fit(answer.bounds);
  else if (candidates.length) view.fit(boxOf(candidates));
  else if (address.lon !== null) view.go(address, ZOOM.area);
}

/** How close an answer is looked at. @param {AddressAnswer} answer */
export function zoomOf(answer) {
  return answer.grid ? 15 : ZOOM.point;
}

/** @param {{lon: number, lat: number}[]} points */
function boxOf(points) {
  const lon = points.map((one) => one.lon);
  const lat = points.map((one) => one.lat);
  return [Math.min(...lon) - AROUND, Math.min(...lat) - AROUND, Math.max(...lon) + AROUND, Math.max(...lat) + AROUND];
}
