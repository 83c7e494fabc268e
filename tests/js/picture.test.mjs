/** What pictures of the map are made of: round scales, whole words, sheets of paper. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PAPERS } from "../../static/js/work/picture.mjs";
import { roundLength, wrappedBy } from "../../static/js/work/strokes.mjs";

test("a bar of the scale is a round length that fits", () => {
  for (const most of [1, 1.99, 2, 4.99, 9.99, 10, 173, 512, 7300, 48000]) {
    const length = roundLength(most);
    assert.ok(length <= most && length > most * 0.4, `${most}: ${length}`);
    assert.match(String(length), /^[125]0*$/);
  }
});

test("a text in lines loses nothing, breaks no word and begins no line with a mark", () => {
  const text = "演示数据：镇街、村（社区）的名称为公开资料；incidents are made up, 不代表任何真实界线、地址。";
  for (const width of [8, 9, 10, 11, 12, 13, 20, 200]) {
    const lines = wrappedBy((one) => one.length, text, width);
    assert.equal(lines.join("").replaceAll(" ", ""), text.replaceAll(" ", ""));
    assert.ok(lines.some((one) => one.includes("incidents")));
    assert.ok(lines.every((one) => !/^[，。；、：）]/.test(one)), lines.join("|"));
    assert.ok(lines.every((one) => one.length <= Math.max(width, "incidents".length)), lines.join("|"));
  }
});

test("paper is printed with at least 150 dots per inch, and fits within its margins", () => {
  for (const [name, wideMm, highMm] of /** @type {[string, number, number][]} */ ([["a4", 277, 190], ["a3", 396, 273]])) {
    const { width, height, ratio } = PAPERS[name];
    assert.ok(ratio * 96 >= 150);
    assert.ok((width / 96) * 25.4 <= wideMm && (height / 96) * 25.4 <= highMm);
  }
});
