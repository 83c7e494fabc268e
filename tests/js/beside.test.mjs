/** What two periods beside each other are: like is held beside like. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { besideOf, periodText, topicOf } from "../../static/js/topics/spec.mjs";

test("a month is held beside the month that is as far from it as the periods are apart", () => {
  const topic = topicOf({ besideFrom: "2024-11-01", besideTo: "2025-11-01" });
  assert.deepEqual(besideOf(topic, "2025-11-01"), { from: "2024-11-01", to: "2025-11-01" });
  assert.deepEqual(besideOf({ ...topic, month: "2026-03" }, "2025-11-01"), { from: "2025-03-01", to: "2025-04-01" });
  assert.deepEqual(besideOf({ ...topic, month: "2025-12" }, "2025-11-01"), { from: "2024-12-01", to: "2025-01-01" });
  const half = topicOf({ month: "2026-01", besideFrom: "2025-07-01", besideTo: "2026-01-01" });
  const part = topicOf({ month: "2026-11", besideFrom: "2024-11-29", besideTo: "2025-11-29" });
  assert.deepEqual(besideOf(part, "2025-11-29"), { from: "2025-11-01", to: "2025-11-29" });
  assert.deepEqual(besideOf(half, "2026-01-01"), { from: "2025-07-01", to: "2025-08-01" });
});

test("a period is told with its last day", () => {
  assert.equal(periodText({ from: "2026-03-01", to: "2026-04-01" }), "2026-03-01 – 2026-03-31");
});
