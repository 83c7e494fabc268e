/** The rest between two looks at list and map. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { LOOK_MS, restOf } from "../../static/js/incidents/pace.mjs";

test("a long look is followed by a long rest, but who slept during one does not rest for hours", () => {
  assert.equal(restOf(LOOK_MS, 10), LOOK_MS);
  assert.equal(restOf(LOOK_MS, 500), 2000);
  assert.ok(restOf(LOOK_MS, 8 * 3600 * 1000) <= 10_000);
  assert.equal(restOf(0, 8 * 3600 * 1000), 0);
});
