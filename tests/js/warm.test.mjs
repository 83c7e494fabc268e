/** Programs are made by layers like the very ones that will draw with them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { incidentLayers, INCIDENTS } from "../../static/js/incidents/layer.mjs";
import { nearLayers, selectionLine, showMarks } from "../../static/js/map/selection.mjs";
import { kindOf, WARM, warmLayers } from "../../static/js/map/warm.mjs";

const palette = JSON.parse(readFileSync(new URL("../../static/palette.json", import.meta.url), "utf8"));
const look = /** @type {any} */ ({ theme: "light", colours: palette.themes.light.map, fonts: palette.type.map, drawn: null });
const hidden = (/** @type {any} */ layer) => ({ ...layer, layout: { ...layer.layout, visibility: "none" } });

test("each layer of incidents has its like, which pushes nothing aside, before all others", () => {
  const layers = incidentLayers(look).map(hidden);
  const other = { id: "land", type: "fill", source: "city", paint: { "fill-color": "#fff" } };
  const warmed = warmLayers([{ id: "void", type: "background" }, other, ...layers]);
  const theirs = layers.filter(({ source }) => source === INCIDENTS);
  assert.equal(theirs.length, 3);
  assert.deepEqual(warmed.map(({ id, type }) => [id, type]), [...theirs, other].map(({ id, type }) => [`${WARM}-${id}`, type]));
  for (const { source, filter, layout, type } of warmed) {
    assert.equal(source, WARM);
    assert.equal(filter, undefined);
    if (type !== "symbol") continue;
    assert.equal(layout.visibility, "visible");
    const kinds = ["text", "icon"].filter((kind) => layout[`${kind}-field`] ?? layout[`${kind}-image`]);
    assert.equal(kinds.length, 1);
    assert.deepEqual([layout[`${kinds[0]}-allow-overlap`], layout[`${kinds[0]}-ignore-placement`]], [true, true]);
  }
});

test("one layer of each kind is drawn, whatever its zooms, and none that is switched off", () => {
  const line = (/** @type {string} */ id, /** @type {any} */ paint, more = {}) => ({ id, type: "line", source: "city", "source-layer": "micro", paint, ...more });
  const fading = ["interpolate", ["linear"], ["zoom"], 12, 0, 14, 1];
  const layers = [
    line("plain", { "line-color": "#123", "line-opacity": fading }, { minzoom: 12 }),
    line("plain-too", { "line-color": "#456" }),
    line("dashed", { "line-color": "#123", "line-dasharray": [2, 1] }),
    line("marked", { "line-color": ["case", ["feature-state", "near"], "#123", "#456"] }),
    line("gone", { "line-width": ["get", "width"] }, { layout: { visibility: "none" } }),
    { id: "picture", type: "raster", source: "photographs" },
  ];
  const warmed = warmLayers(layers);
  assert.deepEqual(warmed.map(({ id }) => id), ["plain", "dashed", "marked"].map((id) => `${WARM}-${id}`));
  assert.deepEqual(warmed[0].paint, { "line-color": "#123", "line-opacity": 1 });
  assert.equal(warmed[0].minzoom, undefined);
  for (const one of warmed) assert.equal(kindOf(one), kindOf(layers.find(({ id }) => one.id === `${WARM}-${id}`)));
});

test("layers of marks are drawn only while something is marked", () => {
  const levels = ["town", "micro"].map((id) => ({ id, tilesFrom: 6, standsInUntil: 12 }));
  const own = Object.fromEntries([...levels.map((level) => selectionLine(level, look)), ...nearLayers(levels[1], look)].map((one) => [one.id, one.paint]));
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
  showMarks(map, levels, [{ layer: "micro", id: "1", state: "selected" }]);
  assert.deepEqual(drawn(), ["micro-selected-line"]);
  showMarks(map, levels, [{ layer: "town", id: "1", state: "selected" }, { layer: "micro", id: "2", state: "near" }]);
  assert.deepEqual(drawn(), ["town-selected-line", "near-fill", "near-line"]);
  changed = 0;
  showMarks(map, levels, [{ layer: "town", id: "2", state: "selected" }, { layer: "micro", id: "3", state: "near" }]);
  assert.equal(changed, 0);
  showMarks(map, levels, []);
  assert.deepEqual(drawn(), []);
});
