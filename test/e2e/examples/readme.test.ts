import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../harness/gateway-process.ts";
import { walk } from "./walk.ts";

test("the quickstart runs as the README shows it [R-EXAMPLE-1] [R-FLOW-6]", async () => {
  await using story = await walk("quickstart", {
    api: {
      script: "orders-api.mjs",
      portVariable: "ORDERS_PORT",
      urlVariable: "ORDERS_URL",
      documentedPort: 8790,
    },
  });
  const found = await story.call("gateway.search", { query: "refund an order", limit: 2 });
  expect(found.items.map(({ id }: any) => id)).toContain("refund");
  await story.start("refund", { orderId: "1002", amount: 120, reason: "arrived broken" });
  const shortcut = await story.submit("pay_small");
  expect(shortcut.error.code).toBe("GUARD_REJECTED");
  const asked = await story.submit("ask_person");
  expect(asked.result.status).toBe("pending");
  const approved = await story.decide("approve", "--as", "ann", "--reason", "photo shows the damage");
  expect(approved.code).toBe(0);
  const paid = await story.settled(({ workflow }) => workflow.state === "paid");
  expect(paid.context).toMatchObject({ refundId: expect.stringContaining("r-1002") });

  const { held, happened } = story.transcript.inReadme(join(repository, "README.md"));
  expect(held).toBe(happened);
});
