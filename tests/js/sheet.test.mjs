/** Photos of an incident on a poor line: what did not arrive is kept and sent again. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Sheet } from "../../static/js/incidents/sheet.mjs";

test("photos that do not arrive are kept, and sent again by themselves", async () => {
  const incident = { number: "JY-1", version: 1, moves: [], open: false };
  let down = true;
  /** @type {any[]} */
  const arrived = [];
  const calls = {
    one: async (/** @type {string} */ _, /** @type {string} */ part) => (part === "history" ? { events: [] } : incident),
    addPhoto: async (/** @type {string} */ _, /** @type {any} */ photo) => {
      if (down && photo.bad) throw Object.assign(new Error("away"), { kind: "network" });
      arrived.push(photo.id);
      return { place: null };
    },
  };
  const words = { t: (/** @type {string} */ key) => key };
  const sheet = new Sheet("JY-1", /** @type {any} */ ({ calls, words, changed() {}, loaded() {}, say() {}, moved() {} }));
  await sheet.load();
  await sheet.addPhotos(/** @type {any} */ ([{ id: 1 }, { id: 2, bad: true }, { id: 3 }]));
  assert.deepEqual([arrived, sheet.unsent.length, sheet.uploading], [[1, 3], 1, 0]);
  assert.equal(sheet.wrong?.message, "error.network");
  down = false;
  await sheet.addPhotos(sheet.unsent);
  assert.deepEqual([arrived, sheet.unsent.length, sheet.wrong], [[1, 3, 2], 0, null]);
});
