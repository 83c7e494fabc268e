/** What is typed may become an address, a grid or an incident: asked for at once, offered in one list. */

/** So many grids and incidents are offered beside addresses. */
const GRIDS = 4;
const INCIDENTS = 3;
/** A number of an incident, or the beginning of one. */
const NUMBER = /^[A-Za-z0-9]{1,8}-\d{3,8}(?:-\d*)?$/;
const CODE = /^\d{4,}[\d-]*$/;

/** Whether a text may be the number of an incident. @param {string} text */
export function isNumberBegun(text) {
  return NUMBER.test(text.trim());
}

/** Whether a text may be the code of a grid. @param {string} text */
export function isCodeBegun(text) {
  return CODE.test(text.trim());
}

/**
 * @param {string} text
 * @param {{addresses: ((text: string) => Promise<any>)|null, grids: (text: string, limit: number) => Promise<any>,
 *   incidents: ((text: string, limit: number) => Promise<any>)|null}} ask `null` where there is nothing to ask
 * @returns {Promise<{suggestions: any[]}>} addresses first, as of /api/addresses; an error only if nobody answers
 */
export async function suggestAll(text, { addresses, grids, incidents }) {
  const typed = text.trim();
  const asked = await Promise.allSettled([
    addresses && !isCodeBegun(typed) && !isNumberBegun(typed) ? addresses(typed) : { suggestions: [] },
    typed.length > 1 ? grids(typed, isCodeBegun(typed) ? 2 * GRIDS : GRIDS) : { grids: [] },
    incidents && isNumberBegun(typed) ? incidents(typed, INCIDENTS) : { incidents: [] },
  ]);
  const failed = asked.find((one) => one.status === "rejected");
  const [found, named, numbered] = asked.map((one) => (one.status === "fulfilled" ? one.value : {}));
  const suggestions = [
    ...(numbered.incidents ?? []).map(ofIncident),
    ...(found.suggestions ?? []),
    ...(named.grids ?? []).map(ofGrid),
  ];
  if (failed && !suggestions.length) throw /** @type {PromiseRejectedResult} */ (failed).reason;
  return { suggestions };
}

/** @param {any} one of /api/grid-names */
function ofGrid(one) {
  const byCode = one.by === "code";
  return {
    kind: "grid",
    name: byCode ? one.code : one.name,
    address: one.name,
    area: [one.level_name, byCode ? one.name : one.code, one.within].filter(Boolean).join(" · "),
    match: one.match,
    alias: "",
    code: one.code,
    level: one.level,
  };
}

/** @param {any} one of /api/incidents */
function ofIncident(one) {
  return { kind: "incident", name: one.number, address: one.number, area: one.title, match: [0, 0], alias: "", number: one.number };
}
