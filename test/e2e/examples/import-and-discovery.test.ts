import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../harness/gateway-process.ts";
import { walk } from "./walk.ts";

test("import-and-discovery finds tools of four servers by what they do, and runs them [R-EXAMPLE-1]", async () => {
  await using story = await walk("import-and-discovery", { era: "2025-11-25" });
  const home = await story.call("gateway.home");
  // 12 + 12 + 8 of three servers without what deletes, 7 of the warehouse, and the one with a second name.
  expect(home.counts).toMatchObject({ capabilities: 40, connections: 4 });

  const found = await story.call("gateway.search", {
    query: "schedule an appointment with the customer",
    limit: 3,
  });
  expect(found.items.map(({ id }: any) => id)).toContain("meeting.book");
  const booked = await story.start("meeting.book", {
    title: "Review with Ada",
    start: "2026-05-05T09:00:00Z",
    room: "room-1",
    people: ["ada@acme.example"],
  });
  expect(booked.result).toMatchObject({ status: "completed", output: { id: "meeting-2", room: "room-1" } });

  const urgent = await story.call("gateway.search", { query: "open a ticket: the export fails", limit: 3 });
  expect(urgent.items.map(({ id }: any) => id)).toContain("desk.create_ticket");

  const deletes = await story.call("gateway.search", { query: "delete", tags: ["sales"] });
  expect(deletes.items.filter(({ id }: any) => /delete/.test(id))).toEqual([]);

  for (const quantity of [1, 2, 3]) {
    const shipped = await story.start("stock.create_shipment", {
      item: "item-1",
      quantity,
      address: "Vienna",
    });
    expect(shipped.result.status).toBe("completed");
  }
  const fourth = await story.start("stock.create_shipment", {
    item: "item-1",
    quantity: 4,
    address: "Vienna",
  });
  expect(fourth.error.code).toMatch(/^(?:RATE_LIMITED|GUARD_REJECTED)$/);

  const { held, happened } = story.transcript.inReadme(
    join(repository, "examples/import-and-discovery/README.md"),
  );
  expect(held).toBe(happened);
});
