/** Views that somebody keeps: a name and what the address held; for each account in this browser. */

const MOST = 40;

/** @typedef {{name: string, hash: string}} View */

/** @param {string} who @returns {View[]} */
export function readViews(who) {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(who)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one?.name === "string" && typeof one?.hash === "string") : [];
  } catch {
    return [];
  }
}

/** Keep a view; one of the same name is replaced, the oldest goes when there are too many. @param {string} who @param {View} view @returns {View[]} */
export function keepView(who, view) {
  return write(who, [view, ...readViews(who).filter(({ name }) => name !== view.name)].slice(0, MOST));
}

/** @param {string} who @param {string} name @returns {View[]} */
export function dropView(who, name) {
  return write(who, readViews(who).filter((one) => one.name !== name));
}

/** @param {string} who @param {View[]} views */
function write(who, views) {
  try {
    localStorage.setItem(keyOf(who), JSON.stringify(views));
  } catch {
    // Without storage there is nothing to keep them in.
  }
  return readViews(who);
}

/** @param {string} who */
function keyOf(who) {
  return `weige.views.${who}`;
}
