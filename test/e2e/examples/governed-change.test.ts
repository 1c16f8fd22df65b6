import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../harness/gateway-process.ts";
import { walk } from "./walk.ts";

const BROKEN = "export function price(lines) {\n  return 0;\n}\n";
const FIXED = `/** The price of an order in cents: the sum of its lines, less ten percent from 100 euros on. */
export function price(lines) {
  const sum = lines.reduce((total, line) => total + line.quantity * line.cents, 0);
  return sum >= 10_000 ? Math.round(sum * 0.9) : sum;
}
`;
const TESTS = `import assert from "node:assert/strict";
import { test } from "node:test";
import { price } from "../src/price.mjs";

test("adds the lines up", () => assert.equal(price([{ quantity: 2, cents: 150 }]), 300));
test("takes ten percent off from 100 euros on", () => assert.equal(price([{ quantity: 1, cents: 10_000 }]), 9_000));
`;

test("governed-change merges a green change that somebody else approved, and no other [R-EXAMPLE-1] [R-FLOW-6]", async () => {
  await using story = await walk("governed-change");
  await story.start("governed_change", { summary: "Orders of exactly 100 euros get the discount too." });
  await story.submit("read_file", { path: "src/price.mjs" });
  expect(story.now.context.lastRead.content).toContain("sum > 10_000");
  await story.submit("propose_plan", {
    plan: "Compare with >= in price.mjs and test the border.",
    files: ["src/price.mjs", "test/price.test.mjs"],
  });

  const early = await story.submit("run_checks");
  expect(early.error.code).toBe("GUARD_REJECTED");
  const outside = await story.submit("write_file", { path: "package.json", content: "{}" });
  expect(outside.error.code).toBe("GUARD_REJECTED");

  await story.submit("write_file", { path: "src/price.mjs", content: BROKEN });
  const red = await story.submit("run_checks");
  expect(red.workflow.state).toBe("editing");
  expect(red.context.tests).toMatchObject({ failed: 2 });

  await story.submit("write_file", { path: "src/price.mjs", content: FIXED });
  await story.submit("write_file", { path: "test/price.test.mjs", content: TESTS });
  const green = await story.submit("run_checks");
  expect(green.workflow.state).toBe("ready");
  expect(green.chain.map(({ transition }: any) => transition)).toEqual(["lint", "test", "record"]);

  const asked = await story.submit("request_review", { note: "The border case was wrong." });
  expect(asked.workflow.state).toBe("in_review");
  expect(asked.approvals).toHaveLength(1);
  const itself = await story.submit("approve");
  expect(itself.error.code).toBe("ACTOR_MISMATCH");

  const stranger = await story.decide("approve", "--as", "eve", "--transition", "approve");
  expect(stranger.code).toBe(1);
  const approved = await story.decide(
    "approve",
    "--as",
    "grace",
    "--role",
    "reviewer",
    "--transition",
    "approve",
    "--reason",
    "reads well",
  );
  expect(approved).toMatchObject({ code: 0 });
  const merged = await story.settled(({ workflow }) => workflow.state === "merged");
  expect(merged.context.merge).toMatchObject({ number: 1 });
  expect(
    readFileSync(join(repository, "examples/governed-change/.flowgate/merged/src/price.mjs"), "utf8"),
  ).toBe(FIXED);

  const { held, happened } = story.transcript.inReadme(
    join(repository, "examples/governed-change/README.md"),
  );
  expect(held).toBe(happened);
});
