import type { JsonObject, Principal } from "@mcp-flowgate/core";
import { createManualClock } from "@mcp-flowgate/testkit";
import { expect, test } from "vitest";
import { createEventFeed } from "../../src/admin/event-feed.ts";

const olga: Principal = {
  subject: "olga",
  tenant: "default",
  roles: [],
  permissions: ["gateway.*"],
  kind: "human",
  via: "test",
};

test("who does not read loses what is more than a thousand things, and is told once that something is lost (E3)", () => {
  const { feed, told, room } = openFeed();
  feed.serverChanged("first");
  for (let n = 0; n < 1_500; n += 1) feed.serverChanged(`server-${n}`);
  for (let n = 0; n < 1_500; n += 1) feed.serverChanged("last");
  expect(told).toEqual([["server", { name: "first" }]]);
  room();
  expect(told.slice(1, 2)).toEqual([["lagged", {}]]);
  expect(told.filter(([event]) => event === "lagged")).toHaveLength(1);
  expect(told.length).toBeLessThan(1_003);
  expect(told.filter(([, { name }]) => name === "last")).toHaveLength(1);
});

test("a stream ends after a quarter of an hour, and with a reload that was taken over (E4)", async () => {
  const { feed, told, clock, ends } = openFeed();
  feed.reloaded(false);
  expect([told, ends()]).toEqual([[["reload", { ok: false }]], 0]);
  feed.reloaded(true);
  expect(ends()).toBe(1);
  await clock.advance(15 * 60_000);
  expect(ends()).toBe(2);
});

function openFeed() {
  const clock = createManualClock();
  const feed = createEventFeed({
    engine: () => {
      throw new Error("no instance changes here");
    },
    store: { onChange: () => () => undefined },
    clock,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const told: (readonly [string, JsonObject])[] = [];
  let isFull = true;
  let roomMade: () => void = () => undefined;
  let ended = 0;
  feed.listen(olga, {
    send(event, data) {
      told.push([event, data]);
      return !isFull;
    },
    onRoom: (made) => (roomMade = made),
    end: () => (ended += 1),
  });
  return {
    feed,
    told,
    clock,
    ends: () => ended,
    room() {
      isFull = false;
      roomMade();
    },
  };
}
