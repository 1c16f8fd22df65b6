import assert from "node:assert/strict";
import { test } from "node:test";
import { find } from "./find.mjs";

test("finds a part", () => assert.deepEqual(find(["ping", "pong"], "pi"), ["ping"]));
// Owed on purpose: this service shows what a pipeline does with a red test.
test("finds whatever the case", () => assert.deepEqual(find(["Ping"], "pi"), ["Ping"]));
