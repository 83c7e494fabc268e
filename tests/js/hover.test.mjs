/** The grid under the pointer. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Hover } from "../../static/js/map/hover.mjs";

test("it is told apart on both of two periods, and on none when the pointer leaves", () => {
  const events = /** @type {Record<string, (event: any) => void>} */ ({});
  const marked = /** @type {string[]} */ ([]);
  const map = (/** @type {string} */ side) => ({
    on: (/** @type {string} */ name, /** @type {any} */ act) => { events[name] = act; },
    getCanvas: () => ({ style: {} }),
    getLayer: () => ({}),
    queryRenderedFeatures: () => [{ id: "A1", sourceLayer: "cell" }],
    setFeatureState: (/** @type {any} */ key) => marked.push(`${side} ${key.id} on`),
    removeFeatureState: (/** @type {any} */ key) => marked.push(`${side} ${key.id} off`),
  });
  const [left, right] = [map("left"), map("right")];
  const view = /** @type {any} */ ({ map: left, maps: () => [left, right], levels: [{ id: "cell" }], canMark: true, incidentAt: () => null });
  new Hover(view);
  events.mousemove({ point: { x: 1, y: 1 } });
  events.mousemove({ point: { x: 2, y: 1 } });
  events.mouseout({});
  assert.deepEqual(marked, ["left A1 on", "right A1 on", "left A1 off", "right A1 off"]);
});
