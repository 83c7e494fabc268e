/** Where figures are drawn, incidents step back; not on a wall, where nobody points at them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { opacityOf } from "../../static/js/incidents/layer.mjs";

test("incidents step back behind figures on a desk only", () => {
  const opacity = (/** @type {any} */ look) => opacityOf(look);
  const drawn = { form: "grids" };
  assert.ok(opacity({ drawn }) < 1);
  assert.ok(opacity({ drawn, times: 1 }) < 1);
  assert.equal(opacity({ drawn, times: 1.5 }), 1);
  assert.deepEqual([opacity({ drawn: null }), opacity({ drawn: { form: "none" } })], [1, 1]);
});
