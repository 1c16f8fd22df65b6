import { expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import { HELLO } from "../harness/configs.ts";
import {
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
} from "../harness/gateway-process.ts";

test("the log level of a running gateway is changed and shown, and the logs follow [R-LOG-1]", async () => {
  using folder = temporaryFolder();
  const config = writeConfig(folder.path, HELLO);
  const env = { FLOWGATE_RUNTIME_DIR: folder.path };
  await using gateway = await startHttpGateway(config, { env });
  const level = (...args: string[]) => runGateway(["log-level", ...args, "-c", config], { env });
  expect((await level()).stdout).toBe(`${gateway.child.pid}: info\n`);
  // The SDK's own words are logged at debug.
  const garbage = () =>
    fetch(gateway.url, { method: "POST", body: '{"jsonrpc":"2.0","method":"no/such","id":1}' });
  await garbage();
  expect(gateway.stderr()).not.toContain(" debug ");
  expect(await level("debug")).toMatchObject({ code: 0, stdout: `${gateway.child.pid}: debug\n` });
  await waitFor(async () => {
    await garbage();
    return gateway.stderr().includes(" debug ") || undefined;
  });
  expect(gateway.stderr()).toMatch(/the log level was changed from=info to=debug/);
  expect(await level("silent")).toMatchObject({ code: 0 });
  const before = gateway.stderr();
  const client = await connectClient({ url: gateway.url }, "2026-07-28");
  await client.call("workflow.start", { definitionId: "nothing" });
  await client.close();
  expect(gateway.stderr()).toBe(before);
  expect(await level("loud")).toMatchObject({ code: 2 });
});
