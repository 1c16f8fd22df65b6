import { expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import {
  runGateway,
  startHttpGateway,
  temporaryFolder,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

test("what is started after a search ranks higher after its words, over a restart, until it is reset [R-SEARCH-5]", async () => {
  using folder = temporaryFolder();
  const config = writeConfig(
    folder.path,
    `version: "1.0.0"
store: { kind: sqlite, path: flowgate.sqlite }
discovery: { learn: true }
proxy:
  expose:
    - { name: main.report, description: Writes a report. }
    - { name: next.report, description: Writes a report. }
    - { name: send.mail, description: Sends an email. }
`,
  );
  const first = async (gateway: GatewayProcess, startsIt: boolean): Promise<string> => {
    const client = await connectClient({ url: gateway.url }, "2026-07-28");
    const found = await client.call("gateway.search", { query: "write the report" });
    if (startsIt) await client.call("workflow.start", { definitionId: "next.report" });
    await client.close();
    return found.body.items[0].id;
  };
  const gateway = await startHttpGateway(config);
  expect(await first(gateway, true)).toBe("main.report");
  expect(await first(gateway, false)).toBe("next.report");
  const shown = await runGateway(["discovery", "show", "-c", config, "--json"]);
  expect(JSON.parse(shown.stdout)).toEqual(
    ["report", "write"].map((term) => ({ tenant: "default", term, id: "next.report", starts: 1 })),
  );
  expect(await gateway.stop()).toBe(0);

  const again = await startHttpGateway(config);
  expect(await first(again, false)).toBe("next.report");
  expect((await runGateway(["discovery", "reset", "-c", config])).code).toBe(0);
  expect(await first(again, false)).toBe("main.report");
  expect(await again.stop()).toBe(0);
  // Nothing runs: the command opens the file itself.
  expect((await runGateway(["discovery", "show", "-c", config])).stdout).toBe("Nothing has been counted.\n");
});
