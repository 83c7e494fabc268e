/** A report that is being written: kept by the tab for whoever writes it, until it is sent or given up. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { dropDraft, keepDraft, readDraft } from "../../static/js/incidents/draft.mjs";

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
