/** Views that somebody keeps: with the account where there is one, else in the browser; moved over once. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { KeptViews, viewName } from "../../static/js/work/views.mjs";

/** What a browser keeps. @type {Map<string, string>} */
const store = new Map();
globalThis.localStorage = /** @type {any} */ ({
  getItem: (/** @type {string} */ key) => store.get(key) ?? null,
  setItem: (/** @type {string} */ key, /** @type {string} */ value) => store.set(key, value),
  removeItem: (/** @type {string} */ key) => store.delete(key),
});
const KEY = "weige.views.调度员 dina";

/** A server with the rules of the real one. @param {any} me @param {number} most */
function server(me, most = 40) {
  /** @type {{name: string, address: string}[]} */
  let views = [];
  const answer = async () => ({ views: [...views] });
  return {
    me,
    views: answer,
    keepView: async (/** @type {string} */ name, /** @type {string} */ address) => {
      const others = views.filter((one) => one.name !== name);
      if (others.length >= most || name.includes("/")) throw new Error("refused");
      views = [{ name, address }, ...others];
      return answer();
    },
    dropView: async (/** @type {string} */ name) => {
      views = views.filter((one) => one.name !== name);
      return answer();
    },
  };
}

const SESSION = { signed_in_by: "session", label: "调度员 dina" };
const names = (/** @type {KeptViews} */ views) => views.list.map((one) => one.name);

beforeEach(() => store.clear());

test("without an account views are kept in the browser", async () => {
  const views = new KeptViews(server({ signed_in_by: "demo", label: "演示调度员" }));
  assert.equal(await views.follow(), true);
  await views.keep(" a ", "#z=1");
  await views.keep("b", "#z=2");
  await views.keep("a", "#z=3");
  assert.deepEqual(views.list, [{ name: "a", hash: "#z=3" }, { name: "b", hash: "#z=2" }]);
  assert.deepEqual(JSON.parse(store.get("weige.views.演示调度员") ?? ""), views.list);
  await views.drop("a");
  assert.deepEqual(names(views), ["b"]);
});

test("what the browser kept moves to the account once, in its order, and loses nothing", async () => {
  const calls = server(SESSION);
  await calls.keepView("河边", "#z=9");
  store.set(KEY, JSON.stringify([{ name: "新/旧", hash: "#z=1" }, { name: "河边", hash: "#z=2" }, { name: "全市", hash: "#z=3" }]));
  const views = new KeptViews(calls);
  assert.equal(await views.follow(), true);
  assert.deepEqual(names(views), ["新／旧", "河边 2", "全市", "河边"]);
  assert.equal(store.has(KEY), false);
  assert.equal(await views.follow(), false);
  assert.deepEqual((await calls.views()).views.length, 4);
  // Another page that had them, too.
  store.set(KEY, JSON.stringify([{ name: "全市", hash: "#z=3" }]));
  await new KeptViews(calls).follow();
  assert.deepEqual((await calls.views()).views.length, 4);
});

test("what the account does not take stays in the browser and can be dropped there", async () => {
  const calls = server(SESSION, 1);
  store.set(KEY, JSON.stringify([{ name: "b", hash: "#z=2" }, { name: "a", hash: "#z=1" }]));
  const views = new KeptViews(calls);
  await views.follow();
  assert.deepEqual(names(views), ["a", "b"]);
  assert.deepEqual(JSON.parse(store.get(KEY) ?? ""), [{ name: "b", hash: "#z=2" }]);
  await views.drop("b");
  assert.deepEqual(names(views), ["a"]);
  await assert.rejects(views.keep("c", "#z=3"), /refused/);
  await views.drop("a");
  assert.deepEqual(views.list, []);
});

test("a server that cannot be asked is asked again", async () => {
  const calls = server(SESSION);
  const { views: working } = calls;
  calls.views = async () => { throw new Error("away"); };
  const views = new KeptViews(calls);
  await assert.rejects(views.follow(), /away/);
  calls.views = working;
  assert.equal(await views.follow(), true);
});

test("a name fits into an address", () => {
  assert.equal(viewName("  a/b "), "a／b");
  assert.equal(viewName(".."), "．．");
  assert.equal(viewName("x".repeat(90)).length, 60);
});
