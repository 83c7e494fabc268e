/** What Enter takes: what was typed, as far as it says one thing. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { parseTyped } from "../../static/js/parse.mjs";
import { meantOf, wantsOffer } from "../../static/js/suggest.mjs";

const NAME = "花园街社区第2网格04微网格";
const grid = (/** @type {any} */ given) => ({ kind: "grid", name: NAME, address: NAME, code: "510185001009-02-04", ...given });
const door = { kind: "door", name: "花园街 1 号", address: "花园街 1 号" };

test("the grid whose name or code is typed is meant, in any width, unless an address is called so", () => {
  assert.equal(meantOf(NAME, [grid({})])?.code, "510185001009-02-04");
  assert.equal(meantOf(` ${NAME.replace("2", "２")} `, [door, grid({})])?.kind, "grid");
  assert.equal(meantOf("５１０１８５００１００９－02－04", [grid({})])?.kind, "grid");
  assert.equal(meantOf(NAME, [{ ...door, name: NAME }, grid({})]), null);
  assert.equal(meantOf(NAME, [grid({}), grid({ code: "B" })]), null);
  assert.equal(meantOf("花园街", [door, grid({})]), null);
  assert.equal(meantOf("", [grid({})]), null);
});

test("a part of a code and initials mean the only thing that is offered", () => {
  assert.equal(meantOf("001009-02-04", [grid({})])?.kind, "grid");
  assert.equal(meantOf("001009-02", [grid({}), grid({ code: "B" })]), null);
  assert.equal(meantOf("jyzx", [door])?.kind, "door");
  assert.equal(meantOf("jyzx", [door, door]), null);
  assert.equal(meantOf("花园", [door]), null);
  assert.deepEqual(["jyzx", "ＳＨＢ", "花园 a", "a1", ""].map(wantsOffer), [true, true, false, false, false]);
});

test("codes and points may be of whole width", () => {
  assert.deepEqual(parseTyped("５１０１８５００１００９－02－04"), { kind: "code", code: "510185001009-02-04" });
  assert.deepEqual(parseTyped("１０４．５，３０．４"), { kind: "point", lon: "104.5", lat: "30.4" });
  assert.deepEqual(parseTyped("ＪＹ－20261128－0001"), { kind: "code", code: "JY-20261128-0001" });
});
