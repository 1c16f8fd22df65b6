import { describe, expect, test } from "vitest";
import { describeBatches, startOf } from "@mcp-flowgate/store-testkit";
import { createBench } from "./support/open.ts";
import { createSharedBench } from "./support/shared.ts";

describe("a batch", () => {
  describeBatches(createSharedBench);

  test("is taken as it was when it was handed in", async () => {
    const store = await (await createBench()).open();
    const context: Record<string, string> = { a: "before" };
    const done = store.apply(startOf("wf_1", { context }));
    context["a"] = "after";
    await done;
    expect((await store.load("wf_1"))?.instance.context).toEqual({ a: "before" });
  });
});
