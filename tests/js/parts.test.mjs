/** Bars of small charts: nothing is left out, and every bar has a name. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { barsOf, divisorOf, labelStep, PARTS } from "../../static/js/topics/parts.mjs";
import { numberText } from "../../static/js/topics/classes.mjs";
import { topicOf } from "../../static/js/topics/spec.mjs";

const ANSWER = {
  month: [{ month: "2026-01", count: 3 }, { month: "2026-03", count: 2 }],
  hazard: [{ hazard: "gas.leak", count: 2 }, { hazard: "gas", count: 1 }, { hazard: "fire", count: 2 }],
  severity: [1, 3, 1, 0],
  weekday: [0, 0, 1, 2, 0, 2, 0],
  hour: Array.from({ length: 24 }, (_, i) => (i === 7 ? 5 : 0)),
};
const NAMES = /** @type {any} */ ({
  language: "zh",
  hazard: (/** @type {string} */ id) => `<${id}>`,
  domain: (/** @type {string} */ id) => id.split(".")[0],
  severity: (/** @type {number} */ severity) => `S${severity}`,
  others: "其他",
});
const ASKED = { months: ["2026-01", "2026-02", "2026-03"], subject: "" };

test("every chart has all incidents, and a name for each bar", () => {
  for (const part of PARTS) {
    const bars = barsOf(part, ANSWER, NAMES, ASKED);
    assert.equal(bars.reduce((sum, { count }) => sum + count, 0), 5, part);
    assert.ok(bars.every(({ name }) => name), part);
    assert.equal(new Set(bars.map(({ name }) => name)).size, bars.length, part);
  }
  assert.deepEqual(barsOf("month", ANSWER, NAMES, ASKED).map(({ count }) => count), [3, 0, 2]);
  assert.deepEqual(barsOf("weekday", ANSWER, NAMES, ASKED).map(({ label }) => label), ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]);
  assert.equal(barsOf("weekday", ANSWER, { ...NAMES, language: "en" }, ASKED)[6].name, "Sun");
});

test("all hazards are told by domain, one of them by its kinds, and many as the rest", () => {
  assert.deepEqual(barsOf("hazard", ANSWER, NAMES, ASKED), [
    { label: "<gas>", name: "<gas>", count: 3, domain: "gas" }, { label: "<fire>", name: "<fire>", count: 2, domain: "fire" }]);
  const gas = barsOf("hazard", { hazard: ANSWER.hazard.slice(0, 2) }, NAMES, { ...ASKED, subject: "gas" });
  assert.deepEqual(gas.map(({ name, count }) => [name, count]), [["<gas.leak>", 2], ["<gas>", 1]]);
  const many = Array.from({ length: 12 }, (_, i) => ({ hazard: `k${i}`, count: 12 - i }));
  const bars = barsOf("hazard", { hazard: many }, NAMES, ASKED);
  assert.equal(bars.length, 7);
  assert.deepEqual([bars[6].name, bars[6].count], ["其他", 6 + 5 + 4 + 3 + 2 + 1]);
});

test("labels are left out where they would lie on each other", () => {
  const bars = barsOf("hour", ANSWER, NAMES, ASKED);
  assert.deepEqual([2000, 600, 300].map((room) => labelStep(bars, room)), [1, 2, 4]);
  assert.equal(labelStep(barsOf("weekday", ANSWER, NAMES, ASKED), 260), 1);
  assert.equal(labelStep([], 100), 1);
});

test("a chart tells the rates of the map, or counts where there are none", () => {
  const topic = (/** @type {string} */ measure, kind = "rates") => topicOf({ kind, measure });
  const rows = [{ whole: 1500 }, { whole: 500 }];
  assert.equal(divisorOf(topic("per_household"), rows), 2);
  assert.equal(divisorOf(topic("per_household"), rows.slice(1)), 0.5);
  assert.equal(divisorOf(topic("per_km2"), [{ whole: 12.5 }]), 12.5);
  for (const [asked, of] of /** @type {const} */ ([
    [topic("count"), rows], [topic("per_household"), [...rows, { whole: null }]], [topic("per_household"), [{ whole: 0 }]],
    [topic("per_household"), []], [topic("per_household", "hotspots"), rows],
  ])) assert.equal(divisorOf(asked, [...of]), null);
});

test("what is counted is not rounded", () => {
  assert.deepEqual([0, 26, 1234, 26648, 15.6382, 0.01234, 0.00001].map((one) => numberText(one, "en")), ["0", "26", "1,234", "26,648", "15.6", "0.0123", "< 0.0001"]);
});
