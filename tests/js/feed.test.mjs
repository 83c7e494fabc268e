/** Whether the page says at once that it no longer hears of what happens. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, UNREACHED } from "../../static/js/api.mjs";
import { Calls } from "../../static/js/incidents/calls.mjs";
import { Feed } from "../../static/js/incidents/feed.mjs";

class Stream extends EventTarget {
  static last = /** @type {any} */ (null);
  constructor() {
    super();
    Stream.last = this;
  }
  close() {}
}

/** A page with a feed that is live, over a network that is there or not. */
function page() {
  const happens = new EventTarget();
  Object.assign(globalThis, {
    window: globalThis, document: Object.assign(new EventTarget(), { hidden: false }), EventSource: Stream,
    addEventListener: happens.addEventListener.bind(happens), dispatchEvent: happens.dispatchEvent.bind(happens),
  });
  const network = { up: true };
  const get = async () => {
    if (!network.up) throw new Error("away");
    return { events: [], after: 1, has_more: false };
  };
  const states = /** @type {string[]} */ ([]);
  const feed = new Feed(/** @type {any} */ ({ base: "", get }), { events() {}, reset() {}, state: (one) => states.push(one), mustHear: () => false });
  feed.start();
  Stream.last.dispatchEvent(Object.assign(new Event("mark"), { lastEventId: "1" }));
  return { network, states, end: () => happens.dispatchEvent(new Event("pagehide")), tell: (/** @type {string} */ kind) => happens.dispatchEvent(new Event(kind)) };
}

const settled = () => new Promise((done) => { setImmediate(done); });

test("a machine without a network hears nothing, whatever its stream looks like", () => {
  const { states, tell, end } = page();
  tell("offline");
  assert.deepEqual(states, ["live", "reconnecting"]);
  end();
});

test("a call that does not reach the server makes the feed look whether it still hears", async () => {
  const { network, states, end } = page();
  await assert.rejects(ask("http://127.0.0.1:1/", { language: "zh" }), { kind: "network" });
  await settled();
  assert.deepEqual(states, ["live"]); // it does
  network.up = false;
  globalThis.dispatchEvent(new Event(UNREACHED));
  await settled();
  assert.deepEqual(states, ["live", "reconnecting"]);
  end();
});

test("nothing is sent before it is known what proves who sends it", async () => {
  const asked = /** @type {string[]} */ ([]);
  globalThis.fetch = /** @type {any} */ (async (/** @type {string} */ path, /** @type {any} */ { method, headers }) => {
    asked.push(`${method} ${path} ${headers["X-CSRFToken"] ?? "-"}`);
    return new Response(JSON.stringify(path === "/me" ? { csrf_token: "t" } : {}));
  });
  const calls = new Calls("", () => "zh");
  await Promise.all([calls.identify(), calls.assign("幸福路", new AbortController().signal), calls.views()]);
  assert.deepEqual(asked.sort(), ["GET /me -", "GET /views -", "POST /addresses/assign t"]);
});
