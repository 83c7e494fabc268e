/** Datums, tiles that are moved, and addresses of tiles. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { parseTyped } from "../../static/js/parse.mjs";
import { fromWgs84, toWgs84 } from "../../static/js/map/datum.mjs";
import { overPhotographs } from "../../static/js/map/beneath.mjs";
import { levelLabels } from "../../static/js/map/labels.mjs";
import { templateOf, urlOf } from "../../static/js/map/fetching.mjs";
import { cellsOf } from "../../static/js/map/shift.mjs";
import { spoken } from "../../static/js/readout.mjs";

const COORDS = new URL("../data/coords/", import.meta.url);
/** @param {{lon: number, lat: number}} one @param {{lon: number, lat: number}} other @param {number} degrees */
function near(one, other, degrees) {
  assert.ok(Math.abs(one.lon - other.lon) <= degrees && Math.abs(one.lat - other.lat) <= degrees, JSON.stringify([one, other]));
}

test("cities lie where the map services have them, and come back exactly", () => {
  const cities = JSON.parse(readFileSync(new URL("gcoord-china-cities.json", COORDS), "utf8"));
  assert.ok(cities.length > 600);
  for (const { coords } of cities) {
    const [wgs84, gcj02, bd09] = ["WGS84", "GCJ02", "BD09"].map((name) => ({ lon: coords[name][0], lat: coords[name][1] }));
    near(fromWgs84(wgs84, "gcj02"), gcj02, 7.4e-6);
    near(fromWgs84(wgs84, "bd09"), bd09, 7.5e-6);
    for (const datum of /** @type {const} */ (["wgs84", "gcj02", "bd09"])) near(toWgs84(fromWgs84(wgs84, datum), datum), wgs84, 1e-9);
  }
});

test("points at the edges of the rule are as an independent library has them", () => {
  const [head, ...rows] = readFileSync(new URL("edge_vectors_multi_lib.csv", COORDS), "utf8").trim().split("\n").map((row) => row.trim().split(","));
  const at = (/** @type {string[]} */ row, /** @type {string} */ name) => ({ lon: Number(row[head.indexOf(`${name}_lng`)]), lat: Number(row[head.indexOf(`${name}_lat`)]) });
  assert.ok(rows.length >= 40);
  for (const row of rows) near(fromWgs84(at(row, "wgs"), "gcj02"), at(row, "prc_gcj"), 1e-7);
});

test("every pixel of a moved tile is within a fifth of a pixel of its place", () => {
  let seed = 7;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let turn = 0; turn < 300; turn += 1) {
    const z = 5 + Math.floor(random() * 15);
    const place = { lon: 75 + random() * 55, lat: 19 + random() * 33 };
    const [px, size] = [pixel(place, 256 * 2 ** z), 256];
    const [x, y] = [Math.floor(px.x / size), Math.floor(px.y / size)];
    const cell = /** @type {any} */ (cellsOf(z, x, y, size).find((one) => px.x - x * size - one.x < one.px && px.x - x * size >= one.x && px.y - y * size - one.y < one.px && px.y - y * size >= one.y));
    const there = pixel(fromWgs84(place, "gcj02"), 256 * 2 ** z);
    const off = Math.hypot(cell.fromX + (px.x - x * size - cell.x) - there.x, cell.fromY + (px.y - y * size - cell.y) - there.y);
    assert.ok(off < 0.2, `${off} px at zoom ${z}, ${JSON.stringify(place)}`);
  }
});

/** @param {{lon: number, lat: number}} point @param {number} world */
function pixel({ lon, lat }, world) {
  const sine = Math.sin((lat * Math.PI) / 180);
  return { x: (lon / 360 + 0.5) * world, y: (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * world };
}

test("addresses of tiles have every part filled in, rows from the south too", () => {
  const basemap = /** @type {any} */ ({ id: "a", urls: ["https://{s}.x/{z}/{x}/{y}", "https://{s}.x/{z}/{x}/{-y}"], subdomains: ["t0", "t1"] });
  assert.equal(urlOf(basemap, 0, 3, 5, 2), "https://t1.x/3/5/2");
  assert.equal(urlOf(basemap, 1, 3, 5, 2), "https://t1.x/3/5/5");
  assert.equal(templateOf(basemap, 1), "basemap://a/1/{z}/{x}/{y}");
});

test("coordinates that were copied are understood with their datum", () => {
  const place = { lon: 104.5472, lat: 30.3901 };
  for (const datum of /** @type {const} */ (["wgs84", "gcj02", "bd09"])) {
    const typed = /** @type {any} */ (parseTyped(spoken(place, datum)));
    assert.equal(typed.datum, datum);
    near(toWgs84({ lon: Number(typed.lon), lat: Number(typed.lat) }, datum), place, 1e-6);
  }
  assert.deepEqual(parseTyped("104.5, 30.4 CGCS2000"), { kind: "point", lon: "104.5", lat: "30.4", datum: "wgs84" });
  assert.deepEqual(parseTyped("104.5, 30.4"), { kind: "point", lon: "104.5", lat: "30.4" });
  assert.equal(parseTyped("天府大道 (GCJ-02)").kind, "address");
});

test("over photographs all is drawn in the colours of the night, by day, too; over drawn maps in those of the day", () => {
  const basemap = { id: "a", imagery: true, vector_layers: /** @type {string[]} */ ([]) };
  const look = /** @type {any} */ ({ theme: "light", colours: { "label-coarse": "#000001" }, night: { "label-coarse": "#eeeeee" }, fonts: ["Serif"], drawn: null, basemap });
  const seen = overPhotographs(look);
  assert.deepEqual([seen.theme, seen.isDay, seen.colours], ["dark", true, look.night]);
  assert.equal(overPhotographs({ ...look, theme: "dark" }).isDay, false);
  for (const other of [null, { ...basemap, imagery: false }, { ...basemap, vector_layers: ["roads"] }]) {
    assert.deepEqual(overPhotographs({ ...look, basemap: other }), { ...look, basemap: other });
  }
  // The names of the finest grids, which are quiet on paper, are as strong as all others.
  const finest = /** @type {any} */ ({ id: "cell", position: 1, labelFrom: 14, nameFrom: 16, labelGone: 24 });
  assert.equal(levelLabels(finest, seen).paint["text-color"], "#eeeeee");
});
