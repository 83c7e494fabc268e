/** What is fitted or pointed at lies under nothing that stands over the map. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { dodge, paddingOf } from "../../static/js/map/clear.mjs";

const SIZE = { width: 1314, height: 710 };
const PANEL = { left: 910, right: 1302, top: 12, bottom: 555 };
const LEGEND = { left: 12, right: 280, top: 440, bottom: 698 };
const BAR = { left: 315, right: 875, top: 652, bottom: 698 };
const ALL = [BAR, PANEL, LEGEND];

/** @param {number} x @param {number} y @param {any[]} boxes */
const hidden = (x, y, boxes) => boxes.some((box) => x > box.left && x < box.right && y > box.top && y < box.bottom);

test("what is fitted keeps clear of panel, legend and time bar", () => {
  assert.deepEqual(paddingOf(SIZE, [], 28), { left: 28, right: 28, top: 28, bottom: 28 });
  assert.deepEqual(paddingOf(SIZE, [PANEL], 0), { left: 0, right: 404, top: 0, bottom: 0 });
  assert.deepEqual(paddingOf(SIZE, ALL, 10), { left: 290, right: 414, top: 10, bottom: 68 });
});

test("on a telephone the panel covers the bottom", () => {
  const size = { width: 390, height: 700 };
  assert.deepEqual(paddingOf(size, [{ left: 0, right: 390, top: 400, bottom: 700 }], 0), { left: 0, right: 0, top: 0, bottom: 300 });
  assert.equal(Math.round(paddingOf(size, [{ left: 0, right: 390, top: 40, bottom: 700 }], 0).bottom), 490);
});

test("a point comes out by the least way, and one that is seen stays", () => {
  assert.deepEqual(dodge({ x: 600, y: 300 }, SIZE, ALL, 24), [0, 0]);
  assert.deepEqual(dodge({ x: 5, y: 300 }, SIZE, ALL, 24), [0, 0]);
  assert.deepEqual(dodge({ x: 500, y: 670 }, SIZE, ALL, 24), [0, -42]);
  assert.deepEqual(dodge({ x: 920, y: 100 }, SIZE, ALL, 24), [-34, 0]);
  assert.deepEqual(dodge({ x: 600, y: 4 }, SIZE, ALL, 24), [0, 20]);
  for (let x = -200; x < 1600; x += 37) {
    for (let y = -200; y < 900; y += 29) {
      const [dx, dy] = dodge({ x, y }, SIZE, ALL, 24);
      assert.ok(!hidden(x + dx, y + dy, ALL), `${x}, ${y}`);
      assert.ok(x + dx >= 0 && x + dx <= SIZE.width && y + dy >= 0 && y + dy <= SIZE.height, `${x}, ${y}`);
    }
  }
});
