/** What an incident says is put right on its sheet: fields, and where it was. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { edit, save } from "../../static/js/incidents/editing.mjs";
import { choose, hasPin, seek, takePlace, usePin } from "../../static/js/incidents/placing.mjs";
import { Sheet } from "../../static/js/incidents/sheet.mjs";

const words = /** @type {any} */ ({ language: "zh", t: (/** @type {string} */ key) => key });
const ANSWER = { lon: 104.5, lat: 30.4, chain: [{ name: "甲镇" }, { name: "甲微网格" }] };

/** A server with one incident without a point, and a sheet of it. */
async function opened() {
  const at = {
    incident: /** @type {any} */ ({ number: "JY-1", version: 1, open: false, status: "filed", moves: [], title: "燃气味", severity: 2, hazard: "gas", description: "", address: "幸福路 1 号", lon: null, lat: null }),
    events: /** @type {any[]} */ ([]),
    sent: /** @type {any[]} */ ([]),
    /** @param {any} change @param {string} [actor] */
    happens(change, actor = "乙") {
      at.incident = { ...at.incident, ...change, version: at.incident.version + 1 };
      at.events.push({ kind: "edited", actor, number: "JY-1", version: at.incident.version });
      return at.incident;
    },
  };
  const calls = {
    one: async (/** @type {string} */ _, /** @type {string} */ part) => (part === "history" ? { events: [...at.events] } : at.incident),
    change: async (/** @type {string} */ _, /** @type {any} */ { version, note, ...fields }) => {
      at.sent.push({ version, note, ...fields });
      if (version !== at.incident.version) throw Object.assign(new Error("version"), { status: 409, kind: "server", body: {} });
      return at.happens(fields, "甲");
    },
    assign: async () => ({ results: [{ status: "assigned", ...ANSWER }] }),
  };
  const sheet = new Sheet("JY-1", /** @type {any} */ ({ calls, words, changed() {}, loaded() {}, say() {}, moved() {} }));
  await sheet.load();
  return { at, calls, sheet };
}

/** A desk that shows a sheet, and an application that answers every place. @param {any} sheet @param {any} calls */
function deskOf(sheet, calls) {
  const app = /** @type {any} */ ({ question: null, answer: null, failure: null, shell: { toast() {} }, ask: async (/** @type {any} */ question) => {
    app.question = question;
    app.answer = { ...ANSWER, lon: question.lon, lat: question.lat };
  } });
  return /** @type {any} */ ({ app, calls, sheet, words, mode: "sheet", form: null, shell: { panelOpen: true, tab: "incidents", toast() {} }, view: { go() {} } });
}

test("only what was touched is sent, and what is as it was is not", async () => {
  const { at, sheet } = await opened();
  edit(sheet);
  assert.ok(sheet.editing);
  assert.equal(sheet.isBegun, false);
  Object.assign(sheet.editing.values, { severity: 4, title: "燃气味" });
  sheet.editing.note = " 复核 ";
  assert.equal(sheet.isBegun, true);
  await save(sheet);
  assert.deepEqual(at.sent, [{ version: 1, note: "复核", severity: 4 }]);
  assert.deepEqual([sheet.editing, sheet.incident.severity, sheet.conflict], [null, 4, null]);
});

test("who was slower sees what the other corrected, and keeps what was typed", async () => {
  const { at, sheet } = await opened();
  edit(sheet);
  assert.ok(sheet.editing);
  sheet.editing.values.severity = 4;
  at.happens({ title: "液化气味" });
  await save(sheet);
  assert.deepEqual([sheet.conflict?.actor, sheet.conflict?.kind, sheet.editing?.values], ["乙", "edited", { severity: 4 }]);
  assert.equal(sheet.editing?.value("title", sheet.incident), "液化气味");
  await save(sheet);
  assert.deepEqual([at.incident.title, at.incident.severity, sheet.editing], ["液化气味", 4, null]);
  // Also told while one still types.
  edit(sheet);
  at.happens({ title: "味道" });
  await sheet.follow(at.events.at(-1));
  assert.equal(sheet.conflict?.version, at.incident.version);
});

test("a click on the map is the place only while it is asked for", async () => {
  const { at, calls, sheet } = await opened();
  const desk = deskOf(sheet, calls);
  const question = /** @type {any} */ ({ kind: "point", lon: 104.51, lat: 30.41, roughM: 2.2 });
  edit(sheet);
  assert.equal(takePlace(desk, question), undefined);
  edit(sheet, true);
  await takePlace(desk, question);
  assert.equal(sheet.editing?.spot?.name, "甲微网格");
  assert.equal(takePlace(desk, question), undefined);
  await save(sheet);
  assert.deepEqual(at.sent, [{ version: 1, note: "", lon: 104.51, lat: 30.41, datum: "wgs84", accuracy_m: 3 }]);
});

test("an incident without a point is put to the pin, or where its address is", async () => {
  const { calls, sheet } = await opened();
  const desk = deskOf(sheet, calls);
  edit(sheet);
  assert.equal(hasPin(desk), false);
  desk.app.answer = { code: "A1", name: "网格" }; // a grid is no place
  usePin(desk);
  assert.equal(sheet.editing?.spot, null);
  desk.app.answer = ANSWER;
  usePin(desk);
  assert.deepEqual([sheet.editing?.spot?.lon, sheet.editing?.spot?.name], [104.5, "甲微网格"]);
  sheet.editing?.stay();
  /** @type {string[]} */
  const asked = [];
  desk.calls = { assign: async (/** @type {string} */ text) => { asked.push(text); return calls.assign(); } };
  await seek(desk);
  assert.deepEqual([asked, sheet.editing?.spot?.lat], [["幸福路 1 号"], 30.4]);
});

test("what an address may mean is offered, and says why", async () => {
  const { calls, sheet } = await opened();
  const desk = deskOf(sheet, calls);
  edit(sheet);
  desk.calls = { assign: async () => ({ results: [{ status: "candidates", explanation: "两处同名", candidates: [{ grid: "B", name: "乙", ...ANSWER }] }] }) };
  await seek(desk);
  assert.deepEqual([sheet.editing?.spot, sheet.editing?.why, sheet.editing?.isSeeking], [null, "两处同名", false]);
  choose(desk, sheet.editing?.candidates[0]);
  assert.deepEqual([sheet.editing?.spot?.lon, sheet.editing?.why, sheet.editing?.candidates], [104.5, "", []]);
});
