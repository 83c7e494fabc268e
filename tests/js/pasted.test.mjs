/** Rows in the clipboard: a workbook puts every cell into its column. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { pasted } from "../../static/js/download.mjs";

test("empty cells keep their columns, and no cell is two", () => {
  const rows = [["方式", "姓名", "电话", "人数"], ["打电话", "网格长\t甲", "000", null], ["发消息", "群\n乙", "", 0]];
  assert.equal(pasted(rows), "方式\t姓名\t电话\t人数\n打电话\t网格长 甲\t000\t\n发消息\t群 乙\t\t0");
  assert.deepEqual(new Set(pasted(rows).split("\n").map((line) => line.split("\t").length)), new Set([4]));
});
