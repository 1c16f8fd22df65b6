import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../harness/gateway-process.ts";
import { walk } from "./walk.ts";

test("multi-tenant keeps companies apart and lets only clerks propose [R-EXAMPLE-1] [R-ID-1]", async () => {
  const api = {
    script: "records.mjs",
    portVariable: "RECORDS_PORT",
    urlVariable: "RECORDS_URL",
    documentedPort: 8793,
  };
  await using agent = await walk("multi-tenant", { api, key: "acme-agent-3f9c1e" });
  const own = await agent.start("records.search", { name: "a" });
  expect(own.result.output.body.records.map(({ id }: any) => id)).toEqual(["a-1", "a-2"]);
  await agent.start("correct_record", { recordId: "a-1", email: "ada.lovelace@acme.example" });
  const notAllowed = await agent.submit("apply");
  expect(notAllowed.error.code).toBe("GUARD_REJECTED");

  const clerk = await agent.as("acme-clerk-77b2d4");
  const colleague = await clerk.call("workflow.get", { workflowId: agent.now.workflow.id });
  expect(colleague.workflow.state).toBe("proposed");
  const asked = await clerk.submit("apply");
  expect(asked.result.status).toBe("pending");

  const stranger = await agent.as("globex-clerk-52ae10");
  const theirs = await stranger.start("records.search", { name: "a" });
  expect(theirs.result.output.body.records.map(({ id }: any) => id)).toEqual(["g-1"]);
  const hidden = await stranger.call("workflow.get", { workflowId: agent.now.workflow.id });
  expect(hidden.error.code).toBe("UNKNOWN_WORKFLOW");

  expect((await clerk.decide("approve", "--as", "clara@acme.example", "--tenant", "acme")).code).toBe(0);
  const corrected = await clerk.settled(({ workflow }) => workflow.state === "corrected");
  expect(corrected.context.record).toMatchObject({ id: "a-1", email: "ada.lovelace@acme.example" });

  const { held, happened } = agent.transcript.inReadme(join(repository, "examples/multi-tenant/README.md"));
  expect(held).toBe(happened);
});
