/** Single keys. */

import assert from "node:assert/strict";
import { test } from "node:test";

// Some modules of the page look at the document as soon as they are read.
Object.assign(globalThis, { document: { documentElement: {}, querySelector: () => null, getElementById: () => null }, matchMedia: () => ({ matches: false, addEventListener() {} }) });
const { shortcutOf } = await import("../../static/js/keys.mjs");

test("a key does the same with Caps Lock", () => {
  const all = ["i", "?"].map((key) => ({ key, label: "", act() {} }));
  assert.deepEqual(["i", "I", "?", "o"].map((key) => shortcutOf(all, key)?.key), ["i", "i", "?", undefined]);
});
