/**
 * A report that is being written, kept by this tab of the browser until it is sent or given up: whoever loads the page anew,
 * or has to sign in again, goes on writing. It is nobody else's: another account that opens the page in this tab takes it away.
 */

const KEY = "weige.draft";

/**
 * @typedef {object} Draft
 * @property {string} id of the report, so that what was sent already is known again
 * @property {import("./report.mjs").Spot} spot
 * @property {Record<string, string|number>} values
 * @property {string} filled the address that was found at the place
 * @property {number} photos how many had been taken; they themselves cannot be kept
 */

/** @param {string} who label of the account @param {Draft} draft */
export function keepDraft(who, draft) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ who, ...draft }));
  } catch {
    // Without storage it lives as long as the page.
  }
}

/** What is kept for somebody. @param {string} who @returns {Draft|null} */
export function readDraft(who) {
  let kept;
  try {
    kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  } catch {
    kept = null;
  }
  if (kept === null) return null;
  if (kept.who !== who || !isDraft(kept)) {
    dropDraft();
    return null;
  }
  const { id, spot, values, filled, photos } = kept;
  return { id, spot, values, filled, photos };
}

export function dropDraft() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}

/** Whether it is what this page wrote, and not an older one. @param {any} kept */
function isDraft({ id, spot, values, filled, photos }) {
  return typeof id === "string" && /^[0-9a-f]{32}$/.test(id) && typeof filled === "string" && Number.isInteger(photos)
    && Number.isFinite(spot?.lon) && Number.isFinite(spot?.lat) && typeof spot.name === "string"
    && typeof values === "object" && values !== null;
}
