import type { McpCall } from "@mcp-flowgate/core";
import { createMcpExecutor } from "@mcp-flowgate/executor-mcp";
import { describeExecutorContract } from "@mcp-flowgate/testkit";
import { DUAL_SERVER, openFixture, toChild } from "./fixture.ts";

describeExecutorContract("executor-mcp", () => {
  const { connections } = openFixture([toChild("dual", DUAL_SERVER)]);
  const toCall = (tool: string): McpCall => ({ kind: "mcp", connection: "dual", tool, arguments: { a: 1 } });
  return Promise.resolve({
    executor: createMcpExecutor({ connections }),
    succeeding: toCall("echo"),
    failing: toCall("fail"),
    hanging: toCall("slow"),
    foreign: { kind: "noop", arguments: null },
    dispose: () => connections.close(),
  });
});
