/** A report that is being written: kept by the tab for whoever writes it, until it is sent or given up. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { dropDraft, keepDraft, readDraft } from "../../static/js/incidents/draft.mjs";
import { resumeReport } from "../../static/js/incidents/reporting.mjs";

const KEY = "weige.draft";
/** What a tab keeps. @type {Map<string, string>} */
const store = new Map();
globalThis.sessionStorage = /** @type {any} */ ({
  getItem: (/** @type {string} */ key) => store.get(key) ?? null,
  setItem: (/** @type {string} */ key, /** @type {string} */ value) => store.set(key, value),
  removeItem: (/** @type {string} */ key) => store.delete(key),
});
const DRAFT = {
  id: "0123456789abcdef0123456789abcdef", spot: { lon: 104.5, lat: 30.4, name: "第2网格" },
  values: { hazard: "gas.leak", title: "楼道有气味", severity: 3 }, filled: "", photos: 2,
};

beforeEach(() => store.clear());

test("a draft is read as it was kept, until it is dropped", () => {
  assert.equal(readDraft("调度员"), null);
  keepDraft("调度员", DRAFT);
  assert.deepEqual(readDraft("调度员"), DRAFT);
  assert.deepEqual(readDraft("调度员"), DRAFT);
  dropDraft();
  assert.equal(readDraft("调度员"), null);
});

test("nobody else goes on with it, and it does not stay for them", () => {
  keepDraft("调度员", DRAFT);
  assert.equal(readDraft("网格员"), null);
  assert.equal(store.size, 0);
});

test("what is no draft is no report", () => {
  for (const kept of ["{", "null", "7", '{"who":"调度员"}', JSON.stringify({ who: "调度员", ...DRAFT, spot: { lon: "x", lat: 1 } }), JSON.stringify({ who: "调度员", ...DRAFT, id: "<1>" })]) {
    store.set(KEY, kept);
    assert.equal(readDraft("调度员"), null, kept);
  }
});

test("a browser that keeps nothing is none the worse", () => {
  const { setItem, getItem, removeItem } = sessionStorage;
  const refuse = () => { throw new Error("storage is off"); };
  Object.assign(sessionStorage, { setItem: refuse, getItem: refuse, removeItem: refuse });
  try {
    keepDraft("调度员", DRAFT);
    assert.equal(readDraft("调度员"), null);
    dropDraft();
  } finally {
    Object.assign(sessionStorage, { setItem, getItem, removeItem });
  }
});

/** A desk whose form takes up what is kept. @param {{kept: boolean, isBegun?: boolean, may?: boolean}} how */
function deskOf({ kept, isBegun = true, may = true }) {
  const done = /** @type {any[]} */ ([]);
  const form = { resume: () => kept, isBegun, spot: kept ? DRAFT.spot : null };
  const desk = {
    done, form, mode: "list", words: { t: (/** @type {string} */ key) => key }, may: () => may,
    shell: { panelOpen: true, tab: "incidents", toast: (/** @type {string} */ text, /** @type {any} */ offer) => done.push(text) && (desk.offer = offer) },
    app: { ask: (/** @type {any} */ question, /** @type {boolean} */ aside) => done.push([question.lon, question.lat, aside]), view: { go: (/** @type {any} */ spot) => done.push(spot.lon) } },
    view: { mark: (/** @type {any} */ spot) => done.push(spot.name) },
    turn: (/** @type {string} */ mode) => { desk.mode = mode; }, offer: /** @type {any} */ (null),
  };
  return /** @type {any} */ (desk);
}

test("a report that was being written is shown again, with its place", () => {
  const desk = deskOf({ kept: true });
  resumeReport(desk, true);
  assert.deepEqual([desk.mode, desk.done], ["report", [[104.5, 30.4, true], "第2网格"]]);
});

test("one that was not is offered, if something was typed", () => {
  const desk = deskOf({ kept: true });
  resumeReport(desk, false);
  assert.deepEqual([desk.mode, desk.done], ["list", ["report.kept"]]);
  desk.offer.action();
  assert.deepEqual([desk.mode, desk.done.slice(1)], ["report", [[104.5, 30.4, true], 104.5, "第2网格"]]);
  for (const how of [{ kept: true, isBegun: false }, { kept: false }, { kept: true, may: false }]) {
    const other = deskOf(how);
    resumeReport(other, false);
    assert.deepEqual([other.mode, other.done], ["list", []]);
  }
});
