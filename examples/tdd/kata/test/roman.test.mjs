import assert from "node:assert/strict";
import { test } from "node:test";
import { roman } from "../src/roman.mjs";

test("one is I", () => assert.equal(roman(1), "I"));
test("three is III", () => assert.equal(roman(3), "III"));
