import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../harness/gateway-process.ts";
import { walk } from "./walk.ts";

const HEAD =
  'import assert from "node:assert/strict";\nimport { test } from "node:test";\nimport { roman } from "../src/roman.mjs";\n\n';
const ONE = 'test("one is I", () => assert.equal(roman(1), "I"));\n';
const THREE = 'test("three is III", () => assert.equal(roman(3), "III"));\n';
const FOUR = 'test("four is IV", () => assert.equal(roman(4), "IV"));\n';
const SOURCE = 'export function roman(number) {\n  return number === 4 ? "IV" : "I".repeat(number);\n}\n';

test("tdd walks red, green and refactor by what the runner says [R-EXAMPLE-1] [R-FLOW-4]", async () => {
  await using story = await walk("tdd");
  const started = await story.start("tdd", { feature: "four becomes IV" });
  expect(started.context).toMatchObject({ floor: 2, suite: { passed: 2, failed: 0 } });
  expect(started.links.map(({ rel }: any) => rel)).not.toContain("write_source");

  const tooEarly = await story.submit("write_source", { name: "roman", content: SOURCE });
  expect(tooEarly.error.code).toBe("INVALID_TRANSITION");

  await story.submit("write_test", { name: "roman", content: HEAD + ONE + THREE });
  const notRed = await story.submit("run_suite");
  expect(notRed.workflow.state).toBe("adding_test");
  await story.submit("rewrite_test", { name: "roman", content: HEAD + ONE + THREE + FOUR });
  const red = await story.submit("run_suite");
  expect(red.workflow.state).toBe("implementing");
  expect(red.context.suite).toMatchObject({ failed: 1, failing: ["four is IV"] });

  await story.submit("write_source", { name: "roman", content: SOURCE });
  const green = await story.submit("run_suite");
  expect(green.workflow.state).toBe("refactoring");
  expect(green.context).toMatchObject({ cycles: 1, floor: 3 });
  const done = await story.submit("finish");
  expect(done.result.status).toBe("completed");

  story.transcript.say("taking a test away to get green");
  await story.start("tdd", { feature: "nothing good" });
  await story.submit("write_test", { name: "roman", content: HEAD + ONE });
  const cheated = await story.submit("run_suite");
  expect(cheated.workflow.state).toBe("cheated");

  const { held, happened } = story.transcript.inReadme(join(repository, "examples/tdd/README.md"));
  expect(held).toBe(happened);
});
