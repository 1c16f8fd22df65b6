import assert from "node:assert/strict";
import { test } from "node:test";
import { page } from "./page.mjs";

test("shows a text", () => assert.equal(page("pong"), "<p>pong</p>"));
test("escapes markup", () => assert.equal(page("<b>"), "<p>&lt;b&gt;</p>"));
