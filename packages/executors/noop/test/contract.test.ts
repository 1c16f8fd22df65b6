import { createNoopExecutor } from "@mcp-flowgate/executor-noop";
import { describeExecutorContract } from "@mcp-flowgate/testkit";

describeExecutorContract("executor-noop", () =>
  Promise.resolve({
    executor: createNoopExecutor(),
    succeeding: { kind: "noop", arguments: { a: [1, null, "ü"] } },
    foreign: { kind: "mcp", connection: "c", tool: "t", arguments: {} },
    dispose: () => Promise.resolve(),
  }),
);
