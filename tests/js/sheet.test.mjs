/** The open incident: photos on a poor line, what others do meanwhile, and what is taken back. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Rules } from "../../static/js/incidents/rules.mjs";
import { Sheet } from "../../static/js/incidents/sheet.mjs";
import { offerBack } from "../../static/js/incidents/undo.mjs";
import { send } from "../../static/js/incidents/wiring.mjs";

const words = /** @type {any} */ ({ language: "zh", t: (/** @type {string} */ key, /** @type {any} */ given) => (given ? `${key} ${JSON.stringify(given)}` : key) });
const ACCEPT = { move: "accept", note: false, assignee: false };
const ESCALATE = { move: "escalate", target: "dispatched", note: true, assignee: false };
const REOPEN = { move: "reopen", target: "filed", note: true, assignee: false };
const REASSIGN = { move: "reassign", target: "dispatched", note: true, assignee: true };

/** A server with one incident, which others change, too. @param {any} first */
function serverOf(first) {
  const at = { incident: { number: "JY-1", version: 1, open: false, ...first }, events: /** @type {any[]} */ ([]) };
  /** @param {any} event @param {any} [change] */
  const happens = (event, change = {}) => {
    at.incident = { ...at.incident, ...change, version: at.incident.version + 1 };
    at.events.push({ ...event, number: "JY-1", version: at.incident.version });
    return at.incident;
  };
  const calls = {
    one: async (/** @type {string} */ _, /** @type {string} */ part) => (part === "history" ? { events: [...at.events] } : at.incident),
    move: async (/** @type {string} */ _, /** @type {any} */ body) => {
      if (body.version !== at.incident.version) throw Object.assign(new Error("version"), { status: 409, kind: "server", body: {} });
      return happens({ kind: "moved", move: body.move }, at.next);
    },
    next: {},
  };
  return Object.assign(at, { happens, calls, next: /** @type {any} */ ({}) });
}

/** @param {any} server @param {Partial<Record<string, any>>} [parts] */
function sheetOf(server, parts = {}) {
  return new Sheet("JY-1", /** @type {any} */ ({ calls: server.calls, words, changed() {}, loaded() {}, say() {}, moved() {}, ...parts }));
}

test("what another does to the open incident is told, whether or not one was about to do something", async () => {
  const server = serverOf({ status: "filed", moves: [{ move: "dispatch", assignee: true }] });
  const said = /** @type {string[]} */ ([]);
  const sheet = sheetOf(server, { say: (/** @type {string} */ text) => said.push(text) });
  await sheet.load();
  assert.equal(sheet.conflict, null);
  await sheet.move(server.incident.moves[0]);
  assert.equal(sheet.choice?.move, "dispatch");
  server.happens({ kind: "commented" });
  await sheet.follow(server.events.at(-1));
  assert.deepEqual([sheet.choice?.move, sheet.conflict, said], ["dispatch", null, []]);
  server.happens({ kind: "moved", move: "dispatch" }, { status: "dispatched", moves: [ACCEPT] });
  server.happens({ kind: "commented" });
  await sheet.follow(server.events.at(-1));
  assert.deepEqual([sheet.choice, sheet.conflict?.move, said], [null, "dispatch", ["conflict.title"]]);
});

test("what one does oneself is no news", async () => {
  const server = serverOf({ status: "dispatched", moves: [ACCEPT] });
  server.next = { status: "handling", moves: [ESCALATE] };
  const moved = /** @type {string[]} */ ([]);
  const sheet = sheetOf(server, { moved: (/** @type {string} */ move) => moved.push(move) });
  await sheet.load();
  await sheet.move(ACCEPT);
  await sheet.follow(server.events.at(-1));
  assert.deepEqual([sheet.incident.status, sheet.conflict, moved], ["handling", null, ["accept"]]);
});

test("a key that is pressed as the buttons change is meant for the ones before", async () => {
  const server = serverOf({ status: "dispatched", moves: [ACCEPT] });
  server.next = { status: "handling", moves: [ESCALATE] };
  const sheet = sheetOf(server);
  await sheet.load();
  assert.deepEqual([0, 599, 601].map((ms) => sheet.isSettled(sheet.movesAt + ms)), [false, false, true]);
  const first = sheet.movesAt;
  await sheet.load();
  assert.equal(sheet.movesAt, first);
  await sheet.move(ACCEPT);
  assert.ok(sheet.movesAt > first);
});

test("a note goes to the move that wants it, to what was chosen, or is a comment", async () => {
  const server = serverOf({ status: "handling", moves: [ESCALATE, REASSIGN] });
  const sent = /** @type {any[]} */ ([]);
  const calls = { ...server.calls,
    move: async (/** @type {string} */ _, /** @type {any} */ body) => { sent.push([body.move, body.note, body.assignee?.code]); return server.incident; },
    comment: async (/** @type {string} */ _, /** @type {string} */ note) => { sent.push(["comment", note]); return server.incident; } };
  const sheet = sheetOf({ calls });
  await sheet.load();
  await sheet.move(ESCALATE);
  await send(sheet);
  assert.deepEqual([sent, sheet.wants], [[], "escalate"]);
  sheet.note = "需上级协调";
  await send(sheet);
  sheet.note = "看过";
  await send(sheet);
  sheet.note = "换人";
  await sheet.move(REASSIGN);
  await send(sheet);
  sheet.picked = { level: "micro", code: "A1", role: "r" };
  await send(sheet);
  assert.deepEqual(sent, [["escalate", "需上级协调", undefined], ["comment", "看过"], ["reassign", "换人", "A1"]]);
});

/** A desk that keeps what is offered. @param {any} sheet */
function deskOf(sheet) {
  const moves = ["accept", "escalate", "close"].map((move) => ({ move, name_zh: move, undoes: /** @type {string[]} */ ([]) }));
  const cycle = { statuses: [], moves: [...moves, { move: "reopen", name_zh: "reopen", undoes: ["close"] }, { move: "reassign", name_zh: "reassign", undoes: ["dispatch"] }] };
  const rules = new Rules({ hazards: [] }, cycle, words);
  const toasts = /** @type {any[]} */ ([]);
  const shell = { toast: (/** @type {string} */ text, /** @type {any} */ offer) => toasts.push({ text, offer }) };
  return /** @type {any} */ ({ words, rules, shell, toasts, sheet, open: async () => sheet.load(), body: { querySelector: () => null } });
}

test("an escalation is no way back, wherever it leads", async () => {
  const server = serverOf({ status: "handling", moves: [ESCALATE] });
  const sheet = sheetOf(server);
  await sheet.load();
  const desk = deskOf(sheet);
  offerBack(desk, sheet, "accept");
  assert.deepEqual(desk.toasts, []);
});

test("a move is taken back whatever was written meanwhile, unless the incident has gone on", async () => {
  const server = serverOf({ status: "closed", moves: [REOPEN] });
  const sheet = sheetOf(server);
  await sheet.load();
  const desk = deskOf(sheet);
  offerBack(desk, sheet, "close");
  desk.sheet = null; // one has turned to something else
  server.happens({ kind: "commented" });
  server.next = { status: "filed", moves: [] };
  await desk.toasts[0].offer.action();
  assert.equal(server.incident.status, "filed");
  assert.match(desk.toasts[1].text, /^undo\.taken .*filed/);
  assert.deepEqual([sheet.conflict, sheet.busy], [null, false]);
  await desk.toasts[0].offer.action();
  assert.match(desk.toasts[2].text, /^undo\.late .*filed/);
  assert.equal(server.events.length, 2);
});

test("that nothing could be taken back is said", async () => {
  const server = serverOf({ status: "closed", moves: [REOPEN] });
  const sheet = sheetOf(server);
  await sheet.load();
  const desk = deskOf(sheet);
  offerBack(desk, sheet, "close");
  server.calls.one = async () => { throw Object.assign(new Error("away"), { kind: "network" }); };
  await desk.toasts[0].offer.action();
  assert.match(desk.toasts[1].text, /^undo\.failed .*error\.network/);
  assert.equal(sheet.busy, false);
});

test("a dispatch to the wrong one is put right by another, which wants a reason", async () => {
  const server = serverOf({ status: "dispatched", moves: [REASSIGN] });
  const sheet = sheetOf(server);
  await sheet.load();
  const desk = deskOf(sheet);
  offerBack(desk, sheet, "dispatch");
  assert.match(desk.toasts[0].offer.label, /^undo\.again/);
  await desk.toasts[0].offer.action();
  assert.equal(sheet.wants, "reassign");
});

/** A sheet whose photos meet what a server may say. @param {(photo: any) => any} answer */
async function photographed(answer) {
  const incident = { number: "JY-1", version: 1, moves: [], open: false };
  const calls = {
    one: async (/** @type {string} */ _, /** @type {string} */ part) => (part === "history" ? { events: [] } : incident),
    addPhoto: async (/** @type {string} */ _, /** @type {any} */ photo) => answer(photo),
  };
  const sheet = new Sheet("JY-1", /** @type {any} */ ({ calls, words, changed() {}, loaded() {}, say() {}, moved() {} }));
  await sheet.load();
  return sheet;
}

test("photos that do not arrive are kept, whatever is added meanwhile, until they are sent again", async () => {
  let down = true;
  const arrived = /** @type {any[]} */ ([]);
  const sheet = await photographed((photo) => {
    if (down && photo.bad) throw Object.assign(new Error("away"), { kind: "network" });
    arrived.push(photo.id);
    return { place: null };
  });
  const { uploads } = sheet;
  await sheet.addPhotos(/** @type {any} */ ([{ id: 1 }, { id: 2, bad: true }, { id: 3 }]));
  assert.deepEqual([arrived, uploads.unsent.length, uploads.running, sheet.isBegun], [[1, 3], 1, 0, true]);
  assert.deepEqual([uploads.faults[0].message, sheet.wrong], ["error.network", null]);
  await sheet.addPhotos(/** @type {any} */ ([{ id: 4 }]));
  assert.deepEqual([arrived, uploads.unsent.length, uploads.faults], [[1, 3, 4], 1, []]);
  down = false;
  await sheet.addPhotos(uploads.unsent);
  assert.deepEqual([arrived, uploads.unsent.length, sheet.isBegun], [[1, 3, 4, 2], 0, false]);
});

test("photos that are refused are named and not offered again; those that may still be taken are", async () => {
  const statuses = [400, 413, 401, 429, 502];
  const sheet = await photographed(({ status }) => { throw Object.assign(new Error(`${status}`), { kind: "server", status, hint: "" }); });
  await sheet.addPhotos(/** @type {any} */ (statuses.map((status) => ({ status, name: `${status}.jpg` }))));
  assert.deepEqual(sheet.uploads.unsent.map((/** @type {any} */ one) => one.status), [401, 429, 502]);
  assert.deepEqual(sheet.uploads.faults.map(({ name }) => name), ["400.jpg", "413.jpg", "", "", ""]);
});
