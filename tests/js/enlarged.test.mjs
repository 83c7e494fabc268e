/** Large type on a wall: every size is some times as large, and what depends on the zoom stays an expression that a map takes. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { enlarged, sized } from "../../static/js/map/enlarged.mjs";

test("numbers and expressions are made larger where their values stand", () => {
  assert.equal(sized(12, 1.5), 18);
  assert.deepEqual(sized(["interpolate", ["linear"], ["zoom"], 9, 10, 17, 14], 2), ["interpolate", ["linear"], ["zoom"], 9, 20, 17, 28]);
  assert.deepEqual(sized(["step", ["zoom"], 8, 12, ["get", "size"]], 2), ["step", ["zoom"], 16, 12, ["*", 2, ["get", "size"]]]);
  assert.deepEqual(sized(["case", ["has", "name"], 12.5, 11], 2), ["*", 2, ["case", ["has", "name"], 12.5, 11]]);
});

test("names, signs and discs grow, lines and areas do not", () => {
  const name = enlarged({ type: "symbol", layout: { "text-field": "x", "text-size": 12 } }, 1.5);
  assert.equal(name.layout["text-size"], 18);
  assert.equal("icon-size" in name.layout, false);
  assert.equal(enlarged({ type: "symbol", layout: { "icon-image": "x" } }, 1.5).layout["icon-size"], 1.5);
  assert.equal(enlarged({ type: "circle", paint: { "circle-radius": 4 } }, 1.5).paint["circle-radius"], 6);
  const line = { type: "line", paint: { "line-width": 2 } };
  assert.deepEqual(enlarged(line, 1.5), line);
  assert.equal(enlarged(line), line);
});
