/** Where the telephone is, and how sure that is; what stands in the way is named. */

/** How long a fix may take, and how old it may be. */
const LIMIT_MS = 20000;
const FRESH_MS = 10000;
const REFUSED = 1;
const TOO_SLOW = 3;

/** @typedef {{lon: number, lat: number, accuracyM: number}} Fix WGS-84, as browsers tell it */

const WHY = {
  insecure: "worker.no_fix.insecure", absent: "worker.no_fix.absent", refused: "worker.no_fix.refused",
  slow: "worker.no_fix.slow", unavailable: "worker.no_fix.unavailable",
};

/** Why there is no fix: `key` says it in the dictionary. */
export class NoFix extends Error {
  /** @param {keyof WHY} why */
  constructor(why) {
    super(why);
    this.key = WHY[why];
  }
}

/**
 * Ask the browser where it is.
 * @param {Geolocation|undefined} [source]
 * @param {boolean} [secure] whether the page came by https or from this machine: else no browser tells
 * @returns {Promise<Fix>}
 * @throws {NoFix}
 */
export function whereAmI(source = navigator.geolocation, secure = isSecureContext) {
  if (!secure) return Promise.reject(new NoFix("insecure"));
  if (!source) return Promise.reject(new NoFix("absent"));
  return new Promise((found, failed) => {
    source.getCurrentPosition(
      ({ coords }) => found({ lon: coords.longitude, lat: coords.latitude, accuracyM: coords.accuracy }),
      ({ code }) => failed(new NoFix(code === REFUSED ? "refused" : code === TOO_SLOW ? "slow" : "unavailable")),
      { enableHighAccuracy: true, timeout: LIMIT_MS, maximumAge: FRESH_MS },
    );
  });
}
