/** What is typed may become an address, a grid or an incident: asked for at once, offered in one list. */

import { narrowed } from "./parse.mjs";

/** So many grids and incidents are offered beside addresses. */
const GRIDS = 4;
const INCIDENTS = 3;
/** A number of an incident, or the beginning of one. */
const NUMBER = /^[A-Za-z0-9]{1,8}-\d{3,8}(?:-\d*)?$/;
const CODE = /^\d{4,}[\d-]*$/;
/** Initials of pinyin, which are no address. */
const INITIALS = /^[a-z]+$/i;

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

/** Whether a text says only what is looked for by what is offered. @param {string} text */
export function wantsOffer(text) {
  return INITIALS.test(narrowed(text).trim());
}

/**
 * Of what is offered the grid or incident that a text means: the one that is named so, or the only thing that is offered
 * for initials or for a part of a code or number. An address of that very name goes first; what several have, none has.
 * @param {string} text @param {any[]} suggestions
 * @returns {any} null if there is none
 */
export function meantOf(text, suggestions) {
  const typed = plain(text);
  if (!typed || suggestions.some(({ kind, name, address }) => isPlace(kind) && [name, address].some((one) => plain(one) === typed))) return null;
  const others = suggestions.filter(({ kind }) => !isPlace(kind));
  const named = others.filter(({ name, address, code, number }) => [name, address, code, number].some((one) => one && plain(one) === typed));
  if (named.length) return named.length === 1 ? named[0] : null;
  const isPart = wantsOffer(text) || isCodeBegun(typed) || isNumberBegun(typed);
  return isPart && suggestions.length === 1 ? suggestions[0] : null;
}

/** Whether it is a matter of the gazetteer. @param {string} kind */
function isPlace(kind) {
  return kind !== "grid" && kind !== "incident";
}

/** @param {string} text */
function plain(text) {
  return narrowed(text).replace(/\s+/g, "").toUpperCase();
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
