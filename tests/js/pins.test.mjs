/** What of the incidents is asked for after the map moved. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Pins } from "../../static/js/incidents/pins.mjs";
import { encloses, within } from "../../static/js/map/bounds.mjs";

const soon = () => new Promise((done) => { setTimeout(done, 230); });

test("moving in asks nothing where all is drawn; moving out, other filters and what was cut off do", async () => {
  const asked = /** @type {number[][]} */ ([]);
  const desk = {
    rules: { domain: () => ({ id: "fire", letter: "" }) },
    query: {}, bounds: [104, 30, 105, 31], total: 1,
    list: { filters: { isLive: true, query: () => desk.query }, setDrawn: () => {} },
    view: { viewBounds: () => desk.bounds, setIncidents: async () => {} },
    calls: { live: async (/** @type {any} */ { bbox }) => {
      asked.push(bbox.split(",").map(Number));
      return { pins: [{ number: "1", hazard: "fire", severity: 1, lon: 104.5, lat: 30.5 }], total: desk.total, seq: 1 };
    } },
    feed: null,
  };
  Object.assign(globalThis, { window: globalThis, document: { documentElement: { dataset: {} } } });
  const pins = new Pins(/** @type {any} */ (desk));
  await pins.look();
  const moved = async (/** @type {number[]} */ bounds) => {
    desk.bounds = bounds;
    pins.follow();
    await soon();
    return asked.length;
  };
  assert.equal(await moved([104.2, 30.2, 104.8, 30.8]), 1);
  assert.equal(await moved([104.4, 30.4, 104.6, 30.6]), 1);
  assert.equal(await moved([103.9, 30.4, 104.6, 30.6]), 2);
  assert.deepEqual(asked[1], [103.9, 30.4, 104.6, 30.6]);
  desk.query = { hazard: "gas" };
  assert.equal(await moved([104, 30.5, 104.5, 30.6]), 3);
  desk.total = 20_000;
  await pins.look();
  assert.equal(await moved([104.1, 30.5, 104.4, 30.6]), 5);
});

test("a box holds its corners, and no box that sticks out", () => {
  const box = [104, 30, 105, 31];
  assert.ok(encloses(box, box));
  assert.ok(!encloses(box, [104, 30, 105.1, 31]));
  const at = (/** @type {number[]} */ coordinates) => ({ geometry: { coordinates } });
  assert.deepEqual(within([at([104, 30]), at([103.9, 30.5]), at([104.5, 31])], box).length, 2);
});
