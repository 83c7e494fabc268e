/** How soon to look again: the longer a look takes, the longer the rest after it. */

/** Between two looks, however much happens, ms. */
export const LOOK_MS = 600;
const REST = 4;
/** Who slept during a look, or changed the clock, seems to have looked for hours. */
const LONGEST_MS = 6000;

/**
 * @param {number} leastMs 0 asks for a look at once
 * @param {number} lastedMs what the last look took
 * @returns {number} ms
 */
export function restOf(leastMs, lastedMs) {
  return leastMs && Math.min(Math.max(leastMs, REST * lastedMs), Math.max(leastMs, LONGEST_MS));
}
