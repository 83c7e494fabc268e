/** Tiles in which corrections moved a house. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Moved } from "../../static/js/map/moved.mjs";

const ARCHIVE = "http://127.0.0.1:9/tiles/abc/city.pmtiles?v=3"; // a port at which nobody answers
const told = (/** @type {string} */ version, /** @type {number[][]} */ ...tiles) => ({ zoom: 15, tiles, url: `data:text/plain,${version}-{x}-{y}` });
const asking = async (/** @type {Moved} */ moved, /** @type {string} */ tile) => {
  const ask = moved.over(async ({ url }) => ({ data: `archive ${url.split("/").slice(-3).join("/")}` }));
  const { data } = await ask({ url: `pmtiles://${ARCHIVE}/${tile}` }, new AbortController());
  return typeof data === "string" ? data : new TextDecoder().decode(data);
};

test("moved tiles come from where the server has them, all others from the archive", async () => {
  const moved = new Moved(ARCHIVE, told("a", [7, 8]));
  assert.equal(await asking(moved, "15/7/8"), "a-7-8");
  assert.equal(await asking(moved, "15/8/7"), "archive 15/8/7");
  assert.equal(await asking(moved, "14/7/8"), "archive 14/7/8");
  assert.equal(await asking(new Moved(ARCHIVE, null), "15/7/8"), "archive 15/7/8");
});

test("a tile that cannot be had is that of the archive; who gave up gets nothing", async () => {
  const moved = new Moved(ARCHIVE, { zoom: 15, tiles: [[7, 8]], url: "/moved/{x}/{y}.pbf" });
  assert.equal(await asking(moved, "15/7/8"), "archive 15/7/8");
  const gone = new AbortController();
  gone.abort();
  await assert.rejects(moved.over(async () => ({}))({ url: `pmtiles://${ARCHIVE}/15/7/8` }, gone), { name: "AbortError" });
});

test("other corrections are other tiles: those of before, too", () => {
  const moved = new Moved(ARCHIVE, told("a", [1, 1], [2, 2]));
  assert.deepEqual(moved.take(told("a", [1, 1], [2, 2])), []);
  assert.deepEqual(moved.take(told("a", [2, 2], [3, 3])), [{ z: 15, x: 1, y: 1 }, { z: 15, x: 3, y: 3 }]);
  assert.deepEqual(moved.take(told("b", [2, 2])), [{ z: 15, x: 2, y: 2 }, { z: 15, x: 3, y: 3 }]);
  assert.deepEqual(moved.take(null), [{ z: 15, x: 2, y: 2 }]);
});

test("after a correction the map draws the moved tiles anew, once", async () => {
  const moved = new Moved(ARCHIVE, null);
  const answers = [null, told("a", [1, 1]), told("b", [1, 1])];
  const drawn = /** @type {any[]} */ ([]);
  const view = { hasTiles: true, map: { refreshTiles: (/** @type {any[]} */ ...one) => drawn.push(one) } };
  await moved.follow(view, { city: async () => ({ moved: answers.shift() }) }, [0, 0, 0]);
  assert.deepEqual(drawn, [["city", [{ z: 15, x: 1, y: 1 }]]]);
  assert.equal(answers.length, 1);
});
