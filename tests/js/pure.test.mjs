/** What of the page needs no browser: run by `node --test tests/js`, and by pytest where Node is installed. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { readHash, saysNothing, writeHash } from "../../static/js/hash.mjs";
import { filtersText, PLAIN, readFilters } from "../../static/js/incidents/filter_text.mjs";
import { levelLabels, outsideLabels } from "../../static/js/map/labels.mjs";
import { patient } from "../../static/js/map/patience.mjs";
import { gridsIn, namedLevel } from "../../static/js/seen.mjs";
import { isCodeBegun, isNumberBegun, suggestAll } from "../../static/js/suggest.mjs";
import { classLabels, classOf, PATTERNS, quantileEdges, ramp, spotOf, SPOTS } from "../../static/js/topics/classes.mjs";
import { daysOf, monthsOf, monthText, parseTopic, topicOf, topicText, yearBefore } from "../../static/js/topics/spec.mjs";
import { inkOn, textureImage, textureOf, texturePath } from "../../static/js/topics/textures.mjs";
import { baseLayers, inOrder } from "../../static/js/map/bases.mjs";
import { levelScales } from "../../static/js/map/scale.mjs";
import { nextPage, renew, toNight } from "../../static/js/wall.mjs";
import { areaM2, degreeM, distanceM, lengthM, readShape, shapeText } from "../../static/js/work/geometry.mjs";

test("an address says what it was written from", () => {
  const place = {
    zoom: 13.25, centre: { lon: 104.5472, lat: 30.3901 }, point: null, grid: "510185001010-02", incident: null,
    off: ["micro", "water"], topic: "rates:gas:per_km2@general;2025-11-01..2026-11-01;2026-03",
    filters: "hazard:gas.leak;overdue", list: true, report: false, basemap: "",
    address: "人民路 12号 & #3", shape: "area:104.500000,30.400000;104.510000,30.400000;104.510000,30.410000",
  };
  assert.deepEqual(readHash(writeHash(place)), place);
  assert.equal(readHash(writeHash({ ...place, basemap: "tdt" })).basemap, "tdt");
  assert.equal(readHash(writeHash({ ...place, basemap: null })).basemap, null);
  assert.deepEqual(readHash("#z=abc&c=200,3").centre, null);
  assert.deepEqual(readHash(writeHash({ ...place, list: false, report: true })).report, true);
  assert.equal(readHash(`#a=${"长".repeat(201)}`).address, null);
  assert.equal(readHash("#a=%20").address, null);
});

test("any other anchor names nothing of the map", () => {
  assert.equal(saysNothing(readHash("#search-text")), true);
  for (const hash of ["#p=104.5,30.4", "#a=人民路", "#d=line:1,2;3,4", "#t=heat", "#tab=incidents"]) assert.equal(saysNothing(readHash(hash)), false, hash);
});

test("what is drawn is read as it is written, and nothing else is drawn", () => {
  const places = /** @type {[number, number][]} */ ([[104.54721, 30.39012], [104.55, 30.39], [104.55, 30.4]]);
  for (const purpose of ["line", "area", "enclose"]) assert.deepEqual(readShape(shapeText(purpose, places)), { purpose, places });
  assert.deepEqual(readShape("line:1,2;3,4")?.places, [[1, 2], [3, 4]]);
  const many = Array.from({ length: 501 }, () => "1,2").join(";");
  for (const text of ["", "line:", "line:1,2", "area:1,2;3,4", "box:1,2;3,4;5,6", "area:1,2;3,4;x,6", "area:1,2;3,4;5", "area:1,2;3,4;5,96", "area:1,2;3,4;5,6,7", `line:${many}`]) {
    assert.equal(readShape(text), null, text);
  }
});

test("filters are read as they are written, and what is none is left out", () => {
  const known = { status: (/** @type {string} */ one) => one === "over" || one === "", text: () => true, hazard: (/** @type {string} */ one) => one === "gas" };
  const values = { ...PLAIN, status: "over", text: "人民路;12号:a&b#%", overdue: true };
  const place = { ...readHash(""), filters: filtersText(values) };
  assert.deepEqual(readFilters(readHash(writeHash(place)).filters, known), values);
  assert.equal(filtersText(PLAIN), "");
  assert.deepEqual(readFilters("", known), PLAIN);
  assert.equal(readFilters("status:", known).status, "");
  assert.deepEqual(readFilters("status:gone;hazard:fire;order:due_at;toString:x;overdue:no;text:%E4;inView:", known), PLAIN);
});

test("topics are read as they are written, and nothing else is one", () => {
  for (const text of [
    "heat:fire", "rates:all:per_household@general", "hotspots:gas.leak:count@micro;2025-01-01..2026-01-01",
    "coverage:staffing:led@town", "heat:gas;2025-10-01..2026-11-01;;2024-10-01..2025-11-01", "rates:fire:count@town;2026-01-01..2026-05-01;2026-03",
  ]) assert.equal(topicText(parseTopic(text)), text);
  for (const text of ["", "snow:all", "javascript:alert(1)", ";;"]) assert.equal(parseTopic(text), null);
  assert.equal(parseTopic("heat:fire;yesterday..now;2026-3").from, "");
  assert.equal(topicText(null), "");
  assert.equal(topicText(topicOf({ kind: "trends" })), "trends");
});

test("months are those of the days, at both ends as far as the days go", () => {
  const period = { from: "2025-11-29", to: "2026-02-15" };
  assert.deepEqual(monthsOf(period.from, period.to), ["2025-11", "2025-12", "2026-01", "2026-02"]);
  assert.deepEqual(["2025-11", "2025-12", "2026-02"].map((one) => monthText(one, period)), ["2025-11 (29–30)", "2025-12", "2026-02 (1–14)"]);
  assert.deepEqual(daysOf("2026-02", period), { from: "2026-02-01", to: "2026-02-15" });
  assert.deepEqual(monthsOf("2026-01-01", "2026-03-01"), ["2026-01", "2026-02"]);
  assert.deepEqual(monthsOf("2026-01-02", "2026-02-01"), ["2026-01"]);
  assert.equal(monthsOf("2000-01-01", "2026-01-01").length, 24);
  assert.deepEqual(daysOf("2026-12"), { from: "2026-12-01", to: "2027-01-01" });
  assert.deepEqual(daysOf("2026-12", period), daysOf("2026-12")); // none of it
  assert.equal(yearBefore("2024-02-29"), "2023-02-28");
});

test("every value is in the class whose label holds it", () => {
  const values = Array.from({ length: 500 }, (_, i) => ((i * 7919) % 997) / 13);
  for (const k of [2, 3, 5, 7]) {
    const edges = quantileEdges(values, k);
    assert.equal(edges.length, k + 1);
    const counts = new Array(k).fill(0);
    for (const value of values) {
      const place = classOf(edges, value);
      assert.ok(value <= edges[place + 1] && (place === 0 || value > edges[place]));
      counts[place] += 1;
    }
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 2);
    assert.equal(classLabels(edges, "en").length, k);
  }
  // Whole numbers stand in one class each, and can be read so.
  assert.deepEqual(classLabels([1, 1, 2, 3, 15], "en", true), ["1", "2", "3", "4 – 15"]);
  assert.deepEqual(classLabels([2, 5, 2000], "en", true), ["2 – 5", "6 – 2,000"]);
  assert.deepEqual(classLabels([6, 9, 12.4, 13, 20.8, 143], "en", true), ["6 – 9", "10 – 12", "13", "14 – 20", "21 – 143"]);
  assert.deepEqual(classLabels([0, 20, 40], "en"), ["0 – 20", "20 – 40"]);
  assert.deepEqual(quantileEdges([], 5), []);
  assert.deepEqual(quantileEdges([3, 3, 3], 5), [3, 3]);
  assert.equal(classOf([3, 3], 3), 0);
});

test("colours of a ramp begin and end with it, turned round in the dark", () => {
  const colours = ["#000000", "#222222", "#444444", "#666666", "#888888", "#aaaaaa", "#cccccc"];
  assert.deepEqual(ramp(colours, 7), colours);
  assert.deepEqual(ramp(colours, 7, true), [...colours].reverse());
  assert.equal(ramp(colours, 5).length, 5);
  assert.deepEqual(ramp(colours, 0), []);
});

test("a spot is as sure as its adjusted p", () => {
  assert.equal(SPOTS[spotOf(3, 0.009)], "hot-99");
  assert.equal(SPOTS[spotOf(-3, 0.04)], "cold-95");
  assert.equal(SPOTS[spotOf(1, 0.3)], "not-significant");
  assert.equal(spotOf(null, null), -1);
});

test("metres are those of the ellipsoid", () => {
  // A degree at 30° by Vincenty's formulae on WGS-84.
  const [east, north] = degreeM(30);
  assert.ok(Math.abs(east - 96486.25) < 3 && Math.abs(north - 110852.4) < 15);
  assert.ok(Math.abs(distanceM([104.5, 30.4], [104.51, 30.4]) - 960.9) < 0.5);
  assert.equal(lengthM([[104.5, 30.4]]), 0);
  const ring = /** @type {[number, number][]} */ ([[104.5, 30.4], [104.51, 30.4], [104.51, 30.41], [104.5, 30.41]]);
  assert.ok(Math.abs(areaM2(ring) - 960.85 * 1108.6) < 300);
  assert.equal(areaM2([...ring].reverse()), areaM2(ring));
});

test("what is typed is asked of whom it concerns, and one silence is no failure", async () => {
  assert.ok(isCodeBegun("510185001") && !isCodeBegun("东滨路12") && isNumberBegun("JY-20261021-0003") && !isNumberBegun("510185001010-02-01"));
  const grids = async () => ({ grids: [{ by: "name", name: "甲", code: "1", level: "town", level_name: "镇街", within: "", match: [0, 1] }] });
  const found = await suggestAll("甲村", { addresses: async () => { throw new Error("none"); }, grids, incidents: null });
  assert.deepEqual(found.suggestions.map(({ kind }) => kind), ["grid"]);
  await assert.rejects(suggestAll("甲村", { addresses: async () => { throw new Error("none"); }, grids: async () => ({ grids: [] }), incidents: null }));
});

test("the next night is within a day", () => {
  for (const hour of [0, 3, 4, 5, 23]) {
    const wait = toNight(new Date(2026, 10, 28, hour, 0, 1));
    assert.ok(wait > 0 && wait <= 864e5);
  }
});

test("a tile whose connection was cut is asked for again, of an archive opened anew; what is wrong is not", async () => {
  const tile = { url: "pmtiles://http://here/city.pmtiles/1/2/3" };
  /** @param {Error[]} failures */
  const protocolOf = (failures) => {
    const tiles = new Map([["http://here/city.pmtiles", "open"], ["http://here/other.pmtiles", "open"]]);
    let asked = 0;
    return {
      tiles,
      get asked() { return asked; },
      tile: async () => {
        asked += 1;
        const failure = failures.shift();
        if (failure) throw failure;
        return { data: tiles.has("http://here/city.pmtiles") ? "kept" : "anew" };
      },
    };
  };
  const cut = () => new TypeError("Failed to fetch");

  const flaky = protocolOf([cut(), new Error("Bad response code: 503")]);
  assert.equal((await patient(flaky, [0, 0])(tile, new AbortController())).data, "anew");
  assert.equal(flaky.asked, 3);
  assert.deepEqual([...flaky.tiles.keys()], ["http://here/other.pmtiles"]);

  const away = protocolOf([cut(), cut(), cut()]);
  await assert.rejects(patient(away, [0, 0])(tile, new AbortController()), /Failed to fetch/);
  assert.equal(away.asked, 3);

  const wrong = protocolOf([new Error("Bad response code: 404")]);
  await assert.rejects(patient(wrong, [0, 0])(tile, new AbortController()), /404/);
  assert.equal(wrong.asked, 1);

  const left = new AbortController();
  const leaving = protocolOf([cut()]);
  const reading = patient(leaving, [20])(tile, left);
  left.abort();
  await assert.rejects(reading, { name: "AbortError" });
  assert.equal(leaving.asked, 1);
});

test("a wall is loaded anew only when the server is well, and pages through its list", async () => {
  const answers = [() => Promise.reject(new Error("down")), async () => false, async () => true];
  let [asked, reloaded, waited] = [0, 0, 0];
  await new Promise((done) => {
    renew(() => answers[asked++](), () => done((reloaded += 1)), (again) => {
      waited += 1;
      again();
    });
  });
  assert.deepEqual([asked, reloaded, waited], [3, 1, 2]);
  const box = { scrollTop: 0, clientHeight: 500, scrollHeight: 1250 };
  /** @type {number[]} */
  const seen = [];
  do {
    seen.push(box.scrollTop);
    box.scrollTop = Math.min(nextPage(box, 50), box.scrollHeight - box.clientHeight);
  } while (box.scrollTop);
  assert.deepEqual(seen, [0, 450, 750]);
});

test("the grids in view are those of the level that is named, each once", () => {
  const levels = [{ id: "town", labelFrom: 8 }, { id: "general", labelFrom: 10 }, { id: "micro", labelFrom: 14 }];
  const at = (/** @type {number} */ zoom, /** @type {string[]} */ ...hidden) => namedLevel(levels, zoom, new Set(hidden))?.id;
  assert.deepEqual([at(5), at(9), at(10), at(16), at(16, "micro"), at(16, "micro", "general", "town")], ["town", "town", "general", "micro", "general", undefined]);
  const label = (/** @type {string} */ code, /** @type {number} */ lon, /** @type {number} */ lat) => ({ properties: { code, name: `<${code}>` }, geometry: { coordinates: [lon, lat] } });
  const features = [label("b", 1, 1), label("a", 0, 2), label("b", 1, 1), label("c", 3, 1), label("d", 1, 2.1)];
  assert.deepEqual(gridsIn(features, [0, 0, 2, 2]), [{ code: "a", name: "<a>" }, { code: "b", name: "<b>" }]);
});

test("one level is numbered at a time", () => {
  const bounds = [104.1, 30.0, 104.9, 30.7];
  const levels = [22, 291, 886, 4951].map((count, i) => ({ id: `l${i}`, name: `${i}`, count, min_zoom: 6 + i }));
  const scales = levelScales({ bounds, levels });
  const [, , general, finest] = scales;
  assert.ok(general.nameFrom > general.labelFrom);
  assert.ok(finest.labelFrom >= general.nameFrom);
  assert.ok(finest.nameFrom > finest.labelFrom);
});

test("names change at whole zooms of tiles, and who governs is said in the view of the whole city", () => {
  const look = /** @type {any} */ ({ colours: new Proxy({}, { get: () => "#123456" }), fonts: ["Serif"], drawn: null });
  const coarsest = { id: "town", name: "街道", position: 0, labelFrom: 0, nameFrom: 0, labelGone: 13 };
  const [, , , narrowUntil] = levelLabels(coarsest, look).layout["text-field"];
  const [step, , , from, whole] = outsideLabels(look).layout["text-field"];
  assert.equal(step, "step");
  assert.deepEqual([narrowUntil % 1, from % 1], [0, 0]);
  assert.ok(from <= 9);
  assert.deepEqual(whole.at(-1), ["get", "governed_by"]);
});

test("classes with names are told by more than their colour", () => {
  const palette = JSON.parse(readFileSync(new URL("../../static/palette.json", import.meta.url), "utf8"));
  const nameOf = (/** @type {string} */ sign) => textureOf(palette, sign)?.name ?? "";
  for (const names of [SPOTS, PATTERNS]) {
    for (const name of names) assert.equal(nameOf(name) === "", name === "none" || name === "not-significant", name);
  }
  const textures = PATTERNS.map(nameOf).filter(Boolean);
  assert.equal(new Set(textures).size, textures.length);
  const sides = SPOTS.filter(nameOf).map((name) => [name.split("-")[0], nameOf(name)].join());
  assert.deepEqual([...new Set(sides)], ["hot,plus", "cold,minus"]);
  const names = Object.keys(palette.textures.strokes);
  const drawn = names.map((name) => [...textureImage(`texture-${name}-dark`, palette)?.image.data ?? []].filter((_, i) => i % 4 === 3));
  for (const ink of drawn) assert.ok(ink.some((one) => one > 150) && ink.filter((one) => one === 0).length > 100);
  assert.equal(new Set(drawn.map((one) => one.join())).size, names.length);
  assert.deepEqual(["#ffffff", "#f4f2ec", "#ffbb9c", "#7a1a1a", "#1f5b8a"].map(inkOn), ["dark", "dark", "dark", "light", "light"]);
  assert.deepEqual(["hatch-light", "texture-none-dark"].map((id) => textureImage(id, palette)), [null, null]);
  assert.equal(texturePath(/** @type {any} */ (textureOf(palette, "sporadic"))).match(/M/g)?.length, 2);
});

test("houses lie below roads, are drawn from where tiles have them, and only shade a topic", () => {
  const bases = ["roads", "rail", "houses", "buildings", "water"].map((id) => ({ id, name: id }));
  assert.deepEqual(inOrder(bases).map(({ id }) => id), ["water", "buildings", "houses", "rail", "roads"]);
  const look = /** @type {any} */ ({ colours: {}, fonts: [], drawn: null });
  for (const { minzoom } of baseLayers("houses", "city", look)) assert.equal(minzoom, 15);
  const opacities = (/** @type {any} */ drawn) => baseLayers("buildings", "city", { ...look, drawn })
    .map(({ paint }) => (paint["fill-opacity"] ?? paint["line-opacity"]).at(-1));
  assert.deepEqual(opacities(null), [1, 1]);
  assert.ok(opacities({ form: "grids" }).every((/** @type {number} */ opacity) => opacity < 0.5));
});
