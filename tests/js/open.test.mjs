/** An address that may lie in several grids: how much of it they are, and what the map shows. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { answerTo, showOpen } from "../../static/js/address/question.mjs";
import { askedText } from "../../static/js/panel/address.mjs";

const words = /** @type {any} */ ({ t: (/** @type {string} */ key, /** @type {any} */ given) => `${key} ${JSON.stringify(given)}` });

/** @param {number[]} shares of grids of one town */
function addressOf(shares) {
  const candidates = shares.map((share, i) => ({
    grid: `T-${i}`, share, lon: 104 + i / 100, lat: 30,
    chain: [{ level: "town", code: "T" }, { level: "micro", code: `T-${i}` }],
  }));
  return { status: shares.length ? "candidates" : "none", candidates, lon: null };
}

/** What the map is fitted to. @param {any} address */
async function fitted(address) {
  /** @type {any} */
  let box = null;
  const api = /** @type {any} */ ({
    latest: (/** @type {any} */ ask) => ask(),
    grid: async (/** @type {string} */ code, /** @type {string} */ level) => ({ bounds: [code, level] }),
  });
  const answer = await answerTo(api, async () => ({ results: [address] }), { kind: "address", text: "x", by: "search" });
  const view = { mark() {}, focus() {}, number() {}, highlight() {}, fit: (/** @type {any} */ one) => (box = one) };
  showOpen(view, answer, () => {}, true);
  return box;
}

test("the likeliest of many are not said to be all, and the whole area is shown", async () => {
  const few = addressOf([0.02, 0.02, 0.01, 0.01, 0.02]);
  assert.equal(askedText(few, words), 'address.candidates_of_more {"n":5,"share":"8%"}');
  assert.deepEqual(await fitted(few), ["T", "town"]);
});

test("where one of those listed is meant they are shown", async () => {
  const two = addressOf([0.67, 0.33]);
  assert.equal(askedText(two, words), 'address.candidates {"n":2}');
  assert.ok((await fitted(two)).every((/** @type {any} */ edge) => typeof edge === "number"));
  assert.equal(await fitted(addressOf([])), null);
});
