/** Which page a grid worker gets, and what is said when a telephone does not tell where it is. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isField } from "../../static/js/field/mode.mjs";
import { NoFix, whereAmI } from "../../static/js/field/where.mjs";

test("a grid worker with a telephone gets the page of the field, others if they ask for it", () => {
  assert.equal(isField("", "grid_worker", true), true);
  assert.equal(isField("", "grid_worker", false), false);
  assert.equal(isField("", "dispatcher", true), false);
  assert.equal(isField("?field=1", "dispatcher", false), true);
  assert.equal(isField("?field=0", "grid_worker", true), false);
});

/** A source of positions that answers at once. @param {any} position @param {number} [code] */
const source = (position, code = 0) => /** @type {any} */ ({
  getCurrentPosition: (/** @type {any} */ found, /** @type {any} */ failed) => (code ? failed({ code }) : found(position)),
});

test("a position comes with how exact it is, and what stands in its way has a name", async () => {
  const coords = { longitude: 104.5, latitude: 30.4, accuracy: 12.5 };
  assert.deepEqual(await whereAmI(source({ coords }), true), { lon: 104.5, lat: 30.4, accuracyM: 12.5 });
  const reasons = /** @type {[any, boolean, string][]} */ ([
    [source({ coords }), false, "worker.no_fix.insecure"],
    [null, true, "worker.no_fix.absent"],
    [source(null, 1), true, "worker.no_fix.refused"],
    [source(null, 2), true, "worker.no_fix.unavailable"],
    [source(null, 3), true, "worker.no_fix.slow"],
  ]);
  for (const [from, secure, key] of reasons) {
    await assert.rejects(whereAmI(from, secure), (error) => error instanceof NoFix && error.key === key);
  }
});
