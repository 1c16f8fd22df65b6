import assert from "node:assert/strict";
import { test } from "node:test";
import { price } from "../src/price.mjs";

test("adds the lines up", () =>
  assert.equal(
    price([
      { quantity: 2, cents: 150 },
      { quantity: 1, cents: 99 },
    ]),
    399,
  ));
test("takes ten percent off large orders", () =>
  assert.equal(price([{ quantity: 1, cents: 20_000 }]), 18_000));
