import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../harness/gateway-process.ts";
import { walk } from "./walk.ts";

test("deploy-pipeline chains to the decision, deploys after it, and stops at a red test [R-EXAMPLE-1] [R-FLOW-3]", async () => {
  await using story = await walk("deploy-pipeline");
  const staged = await story.start("deploy_service", { service: "web", version: "1.2.0" });
  expect(staged.workflow.state).toBe("staged");
  expect(staged.chain.map(({ transition }: any) => transition)).toEqual(["lint", "test", "build", "stage"]);
  expect(staged.context).toMatchObject({
    tests: { passed: 2 },
    staging: { stage: "staging", answered: "<p>ping</p>" },
  });

  const asked = await story.submit("ask_release_manager", { why_now: "The fix for escaping is in it." });
  expect(asked.result.status).toBe("pending");
  expect(asked.links).toEqual([expect.objectContaining({ rel: "refresh" })]);
  const approved = await story.decide(
    "approve",
    "--as",
    "rosa",
    "--role",
    "release-manager",
    "--reason",
    "staging looks right",
  );
  expect(approved.code).toBe(0);
  const live = await story.settled(({ workflow }) => workflow.state === "live");
  expect(live.context.production).toMatchObject({ stage: "production", artifact: staged.context.artifact });

  story.transcript.say("a service with a red test");
  const red = await story.start("deploy_service", { service: "search" });
  expect(red.workflow.state).toBe("testing");
  expect(red.error).toMatchObject({ code: "CHAIN_FAILED" });
  expect(red.links.map(({ rel, actor }: any) => [rel, actor])).toEqual([["test", "deterministic"]]);
  const again = await story.submit("test");
  expect(again.error.code).toMatch(/^(?:EXECUTOR_FAILED|CHAIN_FAILED)$/);

  const { held, happened } = story.transcript.inReadme(
    join(repository, "examples/deploy-pipeline/README.md"),
  );
  expect(held).toBe(happened);
});
