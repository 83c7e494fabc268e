/** Tiles that are fetched before the map asks for them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Ahead, tilesIn } from "../../static/js/map/ahead.mjs";

test("the tiles of a view are those that its bounds touch", () => {
  assert.deepEqual(tilesIn([104.06, 30.07, 105.45, 30.71], 9.38), ["9/403/210", "9/403/211", "9/404/210", "9/404/211", "9/405/210", "9/405/211"]);
  assert.deepEqual(tilesIn([104.55, 30.39, 104.551, 30.391], 18), ["15/25900/13478"]);
  assert.deepEqual(tilesIn([-180, -85, 180, 85], 9), [], "of a view of the world none are fetched ahead");
});

test("what was fetched is given once; what failed or was not fetched is asked for", async () => {
  const asked = /** @type {string[]} */ ([]);
  const ahead = new Ahead(async ({ url }) => {
    asked.push(url);
    if (url.endsWith("/2") && asked.length < 3) throw new TypeError("cut");
    return { data: url };
  });
  await ahead.fetch("a.pmtiles", ["1/1/1", "1/1/2"]);
  assert.equal(asked.length, 2);
  const ask = (/** @type {string} */ url) => ahead.ask({ url }, new AbortController());
  assert.deepEqual(await ask("pmtiles://a.pmtiles/1/1/1"), { data: "pmtiles://a.pmtiles/1/1/1" });
  assert.equal(asked.length, 2);
  await ask("pmtiles://a.pmtiles/1/1/1");
  await ask("pmtiles://a.pmtiles/1/1/2");
  assert.equal(asked.length, 4);
});

test("who has given up gets nothing", async () => {
  const ahead = new Ahead(async () => ({ data: 1 }));
  await ahead.fetch("a.pmtiles", ["1/1/1"]);
  const gone = new AbortController();
  gone.abort();
  await assert.rejects(ahead.ask({ url: "pmtiles://a.pmtiles/1/1/1" }, gone), { name: "AbortError" });
});
