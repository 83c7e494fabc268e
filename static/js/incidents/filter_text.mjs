/** The filters of the list as the address keeps them: `status:over;hazard:gas.leak;overdue`. */

/** @typedef {{status: string, hazard: string, severity: string, order: string, text: string, grid: string, location_status: string, overdue: boolean, inView: boolean}} Values */

/** Everything that is open, the newest first. */
export const PLAIN = /** @type {Readonly<Values>} */ (Object.freeze({
  status: "open", hazard: "", severity: "", order: "-reported_at", text: "", grid: "", location_status: "", overdue: false, inView: false,
}));

/** What differs from the plain list. @param {Values} values @returns {string} */
export function filtersText(values) {
  return /** @type {[keyof Values, string|boolean][]} */ (Object.entries(values))
    .filter(([name, value]) => value !== PLAIN[name])
    .map(([name, value]) => (value === true ? name : `${name}:${encodeURIComponent(value)}`))
    .join(";");
}

/**
 * What of a text names filters.
 * @param {string} text
 * @param {Record<string, (value: string) => boolean>} known for each filter with a value whether there is such a value
 * @returns {Values}
 */
export function readFilters(text, known) {
  const values = /** @type {any} */ ({ ...PLAIN });
  for (const part of text.split(";")) {
    const [name, coded] = part.split(":", 2);
    if (!Object.hasOwn(PLAIN, name)) continue;
    if (typeof values[name] === "boolean") values[name] = coded === undefined;
    else if (coded !== undefined) {
      const value = decoded(coded);
      if (value !== null && known[name]?.(value)) values[name] = value;
    }
  }
  return values;
}

/** @param {string} coded */
function decoded(coded) {
  try {
    return decodeURIComponent(coded);
  } catch {
    return null; // cut off in the middle of a sign
  }
}
