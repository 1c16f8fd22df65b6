import { describeExecutorContract } from "@mcp-flowgate/testkit";
import { createExecutor, toCall } from "./fixture.ts";

describeExecutorContract("executor-cli", () => {
  const executor = createExecutor();
  return Promise.resolve({
    executor,
    succeeding: toCall(["print", '{"a":1}']),
    failing: toCall(["exit", "3"]),
    hanging: toCall(["sleep"]),
    foreign: { kind: "noop", arguments: null },
    dispose: async () => await executor.close?.(),
  });
});
