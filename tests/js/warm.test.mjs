/** The programs of signs and discs are made by the very layers that will draw them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { incidentLayers, INCIDENTS } from "../../static/js/incidents/layer.mjs";
import { WARM, warmLayers } from "../../static/js/map/warm.mjs";

const palette = JSON.parse(readFileSync(new URL("../../static/palette.json", import.meta.url), "utf8"));

test("each layer of incidents has its like, which pushes nothing aside", () => {
  const look = /** @type {any} */ ({ theme: "light", colours: palette.themes.light.map, fonts: palette.type.map, drawn: null });
  const layers = incidentLayers(look).map((layer) => ({ ...layer, layout: { .../** @type {any} */ (layer).layout, visibility: "none" } }));
  const warmed = warmLayers([{ id: "void", type: "background" }, ...layers]);
  const theirs = layers.filter(({ source }) => source === INCIDENTS);
  assert.equal(theirs.length, 3);
  assert.deepEqual(warmed.map(({ id, type }) => [id, type]), theirs.map(({ id, type }) => [`${WARM}-${id}`, type]));
  assert.deepEqual(warmed.map(({ paint }) => paint), theirs.map(({ paint }) => paint));
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
