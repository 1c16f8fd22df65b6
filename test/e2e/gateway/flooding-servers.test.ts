import { expect, test } from "vitest";
import { connectClient, ERAS } from "../harness/clients.ts";
import { startHttpGateway, temporaryFolder, waitFor, writeConfig } from "../harness/gateway-process.ts";
import { createShifting, type ShiftingTool } from "../harness/shifting.ts";

test("servers that list 10,000 tools, one name twice, or change all the time are bounded, named, and delay nobody [R-FLOOD-1]", async () => {
  using folder = temporaryFolder();
  const many: ShiftingTool[] = Array.from({ length: 10_050 }, (_, at) => ({
    name: `tool_${at}`,
    description: `Does thing number ${at}.`,
  }));
  const flood = createShifting(folder.path, "flood", "new", { tools: many });
  const storm = createShifting(folder.path, "storm", "new", { tools: [{ name: "now", description: "0" }] });
  const twice = createShifting(folder.path, "twice", "old", {
    tools: [
      { name: "same", description: "The first." },
      { name: "same", description: "The second." },
    ],
  });
  const calm = createShifting(folder.path, "calm", "old", { tools: [{ name: "call" }, { name: "same" }] });
  const config = writeConfig(
    folder.path,
    `version: "1.0.0"
connections:
  flood: ${flood.connection}
  storm: ${storm.connection}
  twice: ${twice.connection}
  calm: ${calm.connection}
proxy:
  import:
    - { connection: flood, prefix: flood }
    - { connection: storm, prefix: storm }
    - { connection: twice }
    - { connection: calm }
`,
  );
  await using gateway = await startHttpGateway(config);
  const client = await connectClient({ url: gateway.url }, ERAS[0]);
  await waitFor(async () => {
    const { body } = await client.call("gateway.home");
    return body.counts.capabilities === 10_003 ? true : undefined;
  });
  expect(gateway.stderr()).toMatch(/a tool of connection "flood" is left out.*longer than allowed/);
  expect(gateway.stderr()).toMatch(/a tool of connection "twice" is left out.*tool=same.*more than once/);
  expect(gateway.stderr()).toMatch(
    /tool "same" of connection "(calm|twice)" is left out: its name "same" is taken by tool "same" of connection "(calm|twice)"/,
  );

  // It changes faster than it can be listed; every call elsewhere has its answer meanwhile.
  for (let change = 1; change <= 60; change++) {
    storm.become({ tools: [{ name: "now", description: String(change) }, { name: `extra_${change}` }] });
    const { body } = await client.call("workflow.start", { definitionId: "call" });
    expect(body.result.status).toBe("completed");
    // Calls of the one that changes go on as well.
    const { body: own } = await client.call("workflow.start", { definitionId: "storm.now" });
    expect(own.result.output.text).toBe("did now");
  }
  storm.become({ tools: [{ name: "now", description: "at last" }] });
  await waitFor(async () => {
    const { body } = await client.call("gateway.describe", { id: "storm.now" });
    return body.description === "at last" ? true : undefined;
  });
  expect((await client.call("gateway.home")).body.counts.capabilities).toBe(10_003);
  await client.close();
  expect(await gateway.stop()).toBe(0);
});
