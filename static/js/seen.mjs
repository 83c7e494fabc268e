/**
 * What the map shows, as tables: the grids and the open incidents in view, for whoever does not see the map or has none.
 * Each row opens what it names.
 */

import { byId, el, link } from "./dom.mjs";
import { SEVERITY } from "./incidents/rules.mjs";
import { within } from "./map/bounds.mjs";
import { SOURCE } from "./map/source.mjs";
import { levelName } from "./panel/parts.mjs";

/** So many rows are listed; who wants others moves closer. */
const MOST = 200;

/** @typedef {{code: string, name: string}} Named */

/**
 * The level whose grids are named on the map at a zoom.
 * @template {{id: string, labelFrom: number}} L of `levelScales`
 * @param {L[]} levels coarse to fine @param {number} zoom @param {Set<string>} hidden
 * @returns {L|undefined}
 */
export function namedLevel(levels, zoom, hidden) {
  const shown = levels.filter(({ id }) => !hidden.has(id));
  return [...shown].reverse().find(({ labelFrom }) => labelFrom <= zoom) ?? shown[0];
}

/**
 * Grids whose label lies in a box, each once, by code.
 * @param {{properties: any, geometry: any}[]} features @param {number[]} bounds west, south, east, north
 * @returns {Named[]}
 */
export function gridsIn(features, bounds) {
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const { properties: { code, name } } of within(features, bounds)) found.set(code, name);
  return [...found].map(([code, name]) => ({ code, name })).sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** @param {import("./app.mjs").App} app */
export function wireSeen(app) {
  const box = byId("seen");
  let told = "";
  const fill = async () => {
    if (box.hidden) return;
    const parts = await partsOf(app);
    const key = JSON.stringify([parts, app.words.language]);
    if (key === told) return; // the focus stays where it is
    told = key;
    const body = byId("seen-body");
    const held = body.contains(document.activeElement) ? document.activeElement?.textContent : null;
    body.replaceChildren(...tables(app, parts));
    if (held === null) return;
    const same = [...body.querySelectorAll("button")].find((one) => one.textContent === held);
    (same ?? box.querySelector("button"))?.focus({ preventScroll: true });
  };
  byId("open-seen").addEventListener("click", fill);
  app.view.map?.on("idle", fill);
  app.translated.push(fill);
  app.keys?.add("v", "keys.seen", () => byId("open-seen").click());
}

/**
 * @typedef {object} Parts
 * @property {{id: string, name: string}} level @property {Named[]} grids
 * @property {{number: string, domain: string, severity: number, overdue: boolean}[]} incidents the gravest first
 */

/** @param {import("./app.mjs").App} app @returns {Promise<Parts>} */
async function partsOf({ view, city, desk }) {
  /** @type {import("./map/scale.mjs").LevelScale|undefined} */
  const level = view.map && view.hasTiles ? namedLevel(view.levels, view.map.getZoom(), view.look.hidden) : undefined;
  const incidents = within(view.look?.incidents.features ?? [], view.viewBounds()).map((/** @type {any} */ one) => one.properties);
  incidents.sort((/** @type {any} */ a, /** @type {any} */ b) => b.severity - a.severity || (a.number < b.number ? 1 : -1));
  if (level) return { level, grids: gridsIn(view.map.querySourceFeatures(SOURCE, { sourceLayer: `${level.id}_label` }), view.viewBounds()), incidents };
  // Without tiles the coarsest grids are where one begins.
  const [first] = city.levels;
  const towns = await (desk?.calls.towns(first.id) ?? Promise.resolve([])).catch(() => []);
  return { level: first, grids: towns.map(([code, name]) => ({ code, name })), incidents };
}

/** @param {import("./app.mjs").App} app @param {Parts} parts @returns {Node[]} */
function tables(app, { level, grids, incidents }) {
  const { words, desk } = app;
  const t = words.t.bind(words);
  const domains = new Map((desk?.domains() ?? []).map((one) => [one.id, one.label]));
  return [
    table(words, t("seen.grids", { level: levelName(level.id, level.name, words), n: words.number(grids.length) }), [t("drawer.name"), t("drawer.code")],
      grids.map(({ code, name }) => [link(name, () => app.actions.openGrid(code, level.id)), code])),
    table(words, t("seen.incidents", { n: words.number(incidents.length) }), [t("seen.number"), t("field.hazard"), t("field.severity"), t("field.due_at")],
      incidents.map(({ number, domain, severity, overdue }) => [link(number, () => desk?.open(number)), domains.get(domain) ?? domain, t(SEVERITY[severity]), overdue ? t("incident.overdue") : "–"])),
  ];
}

/** @param {import("./i18n.mjs").Words} words @param {string} caption @param {string[]} columns @param {(Node|string)[][]} rows */
function table(words, caption, columns, rows) {
  return el("div", { class: "seen-table" },
    el("table", {},
      el("caption", { text: caption }),
      el("thead", {}, el("tr", {}, ...columns.map((text) => el("th", { scope: "col", text })))),
      el("tbody", {}, ...rows.slice(0, MOST).map(([first, ...others]) => el("tr", {},
        el("th", { scope: "row" }, first), ...others.map((one) => el("td", {}, one)))))),
    rows.length > MOST ? el("p", { class: "faint", text: words.t("seen.more", { n: words.number(MOST) }) }) : null);
}
