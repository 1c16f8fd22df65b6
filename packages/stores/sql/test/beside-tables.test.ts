import { createManualClock, settled } from "@mcp-flowgate/testkit";
import { eventOf, silentLog } from "@mcp-flowgate/store-testkit";
import { expect, test } from "vitest";
import { collectNowAndThen, createForwarding, createListeners } from "../src/index.ts";

test("rows are collected every five minutes, also after one time failed, until it ends", async () => {
  const clock = createManualClock();
  const warned: string[] = [];
  const log = { ...silentLog, warn: (message: string) => void warned.push(message) };
  let times = 0;
  const end = collectNowAndThen({ clock, log }, async () => {
    times += 1;
    if (times === 1) throw new Error("locked");
  });
  await clock.advance(299_999);
  expect(times).toBe(0);
  await clock.advance(300_001);
  expect(times).toBe(2);
  expect(warned).toEqual(["the store could not be tidied"]);
  end();
  await clock.advance(600_000);
  expect(times).toBe(2);
});

test("a listener that throws keeps nothing from the others, and one that was removed is not called", () => {
  const listeners = createListeners(silentLog);
  const heard: string[] = [];
  const hear = (id: string): void => void heard.push(id);
  listeners.add(() => {
    throw new Error("listener");
  });
  const remove = [listeners.add(hear), listeners.add(hear)];
  listeners.call(["wf_1"]);
  remove[0]?.();
  listeners.call(["wf_2"]);
  expect(heard).toEqual(["wf_1", "wf_1", "wf_2"]);
  expect(listeners.size).toBe(2);
});

test("forwarding is over once the sink has answered", async () => {
  const answers: (() => void)[] = [];
  const sink = { append: () => new Promise<void>((resolve) => answers.push(resolve)) };
  const forwarding = createForwarding(sink, silentLog);
  forwarding.forward([]);
  forwarding.forward([eventOf("wf_1")]);
  let isOver = false;
  const over = forwarding.drained().then(() => (isOver = true));
  await settled();
  expect({ asked: answers.length, isOver }).toEqual({ asked: 1, isOver: false });
  answers[0]?.();
  await over;
  expect(isOver).toBe(true);
});
