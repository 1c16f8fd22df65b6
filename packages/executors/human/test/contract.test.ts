import { createHumanExecutor } from "@mcp-flowgate/executor-human";
import { describeExecutorContract } from "@mcp-flowgate/testkit";

describeExecutorContract("executor-human", () =>
  Promise.resolve({
    executor: createHumanExecutor(),
    foreign: { kind: "noop", arguments: null },
    dispose: () => Promise.resolve(),
  }),
);
