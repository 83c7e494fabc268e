/** Marks of grids: layers that draw nothing until there is something to mark. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { nearLayers, overlayMark, selectionLine, showMarks } from "../../static/js/map/selection.mjs";
import { bordersOf, buildStyle } from "../../static/js/map/style.mjs";
import { bandLayers } from "../../static/js/topics/layer.mjs";

const palette = JSON.parse(readFileSync(new URL("../../static/palette.json", import.meta.url), "utf8"));
const look = /** @type {any} */ ({ theme: "light", colours: palette.themes.light.map, fonts: palette.type.map, drawn: null });

test("layers of marks are drawn only while something is marked", () => {
  const levels = ["town", "micro"].map((id) => ({ id, tilesFrom: 6, standsInUntil: 12 }));
  const own = Object.fromEntries([...levels.map((level) => selectionLine(level, look)), ...nearLayers(levels[1], look), overlayMark("campus", look)].map((one) => [one.id, one.paint]));
  let changed = 0;
  const map = {
    getLayer: (/** @type {string} */ id) => own[id],
    getPaintProperty: (/** @type {string} */ id, /** @type {string} */ name) => /** @type {any} */ (own[id])[name],
    setPaintProperty: (/** @type {string} */ id, /** @type {string} */ name, /** @type {number} */ value) => {
      assert.ok(name in own[id]);
      Object.assign(own[id], { [name]: value });
      changed += 1;
    },
  };
  const drawn = () => Object.entries(own).filter(([, paint]) => Object.entries(paint).some(([name, value]) => name.endsWith("-opacity") && value)).map(([id]) => id);
  assert.deepEqual(drawn(), []);
  showMarks(map, [...levels, { id: "campus" }], [{ layer: "micro", id: "1", state: "selected" }]);
  assert.deepEqual(drawn(), ["micro-selected-line"]);
  showMarks(map, [...levels, { id: "campus" }], [{ layer: "town", id: "1", state: "selected" }, { layer: "micro", id: "2", state: "near" }]);
  assert.deepEqual(drawn(), ["town-selected-line", "near-fill", "near-line"]);
  showMarks(map, [...levels, { id: "campus" }], [{ layer: "town", id: "1", state: "selected" }, { layer: "micro", id: "2", state: "near" }, { layer: "campus", id: "3", state: "selected" }]);
  assert.deepEqual(drawn(), ["town-selected-line", "near-fill", "near-line", "campus-selected-line"]);
  showMarks(map, [...levels, { id: "campus" }], [{ layer: "town", id: "1", state: "selected" }, { layer: "micro", id: "2", state: "near" }]);
  changed = 0;
  showMarks(map, [...levels, { id: "campus" }], [{ layer: "town", id: "2", state: "selected" }, { layer: "micro", id: "3", state: "near" }]);
  assert.equal(changed, 0);
  showMarks(map, [...levels, { id: "campus" }], []);
  assert.deepEqual(drawn(), []);
});

test("each border is drawn once, by the coarsest level that is shown and has it", () => {
  const levels = ["town", "general", "micro"].map((id) => ({ id }));
  const of = (/** @type {string[]} */ hidden) => Object.fromEntries(bordersOf(levels, new Set(hidden)).map(({ level, divides }) => [level.id, divides]));
  assert.deepEqual(of([]), { town: [0], general: [1], micro: [2] });
  assert.deepEqual(of(["town"]).general, [0, 1]);
  assert.deepEqual(of(["town", "general"]).micro, [0, 1, 2]);
  assert.deepEqual(of(["general"]), { town: [0], general: [1], micro: [1, 2] });
});

test("bands of which there is none make no layer, which a map would refuse", () => {
  const drawn = (/** @type {any} */ more) => /** @type {any} */ ({ ...look, drawn: { form: "bands", level: "", colours: [], fills: {}, bands: null, hatched: [], dotted: [], textured: [], ...more } });
  assert.deepEqual(bandLayers(drawn({})), []);
  assert.equal(bandLayers(drawn({ colours: ["#123456"] })).length, 2);
});

test("of a topic only the level that it shows is drawn, and a border of a level that is off by the next one", () => {
  const level = (/** @type {string} */ id, /** @type {number} */ count) => ({ id, name: id, count, min_zoom: 6 });
  const city = { bounds: [104, 30, 105, 31], levels: [level("town", 20), level("micro", 5000)], overlays: [], bases: [] };
  const fill = { colours: ["#123456"], zero: "#ffffff" };
  const drawn = { form: "grids", level: "town", colours: fill.colours, fills: { town: fill, micro: fill }, bands: null, hatched: [], dotted: [], textured: [] };
  const style = buildStyle(city, "tiles", { ...look, drawn, hidden: new Set(["town"]), work: null, focus: null, sketch: null, incidents: null, incident: null, basemap: null });
  const layer = (/** @type {string} */ id) => style.layers.find((/** @type {any} */ one) => one.id === id);
  assert.equal(layer("topic-fill-town").layout.visibility, "visible");
  assert.equal(layer("topic-fill-micro").layout.visibility, "none");
  assert.equal(layer("town-line").layout.visibility, "none");
  assert.deepEqual(layer("micro-line").filter.at(-1), ["literal", [0, 1]]);
});
