import { writeSync } from "node:fs";
import type { WorkflowStore } from "@mcp-flowgate/core";
import { systemClock } from "./environment.ts";
import { eventOf, instanceOf, operationOf, startOf, stepOf } from "./rows.ts";

/** Synchronous: what was said is out, even where the process is killed right after. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

/** Steps `id` on until it stands at `until`, against everybody who does the same. */
async function contend(store: WorkflowStore, id: string, until: number, name: string): Promise<void> {
  for (;;) {
    const { instance } = (await store.load(id)) ?? { instance: instanceOf(id) };
    if (instance.version >= until) return;
    const { version, fence } = instance;
    const operation = operationOf(`op_${name}_${version}`, id, { fromVersion: version, status: "committed" });
    const step = stepOf(id, version, fence, { operations: [operation], audit: [eventOf(id)] });
    const result = await store.apply(step);
    say(`${result.status} ${version}`);
  }
}

/** Writes for ever, each of `writers` to an instance of its own, and says what was acknowledged. */
async function burst(store: WorkflowStore, prefix: string, writers: number): Promise<void> {
  const write = async (id: string): Promise<void> => {
    await store.apply(startOf(id, {}, [eventOf(id)]));
    for (let version = 0; ; version += 1) {
      say(`${version} ${id}`);
      const operation = operationOf(`op_${id}_${version}`, id, { fromVersion: version, status: "committed" });
      await store.apply(
        stepOf(id, version, version, { operations: [operation], audit: [eventOf(id), eventOf(id)] }),
      );
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, index) => write(`wf_${prefix}_${index}`)));
}

/** Takes every other step of an instance, each as soon as it hears of the one before. */
async function relay(store: WorkflowStore, id: string, turn: number, until: number): Promise<void> {
  let done = (): void => undefined;
  const finished = new Promise<void>((resolve) => {
    done = resolve;
  });
  const goOn = async (): Promise<void> => {
    const instance = (await store.load(id))?.instance;
    if (instance === undefined) return;
    if (instance.version >= until) return done();
    if (instance.version % 2 !== turn) return;
    await store.apply(stepOf(id, instance.version, instance.fence));
    say(`${instance.version} ${Date.now()}`);
    if (instance.version + 1 >= until) done();
  };
  store.onChange((changed) => {
    if (changed === id) void goOn();
  });
  say("listening");
  await finished;
}

/** Claims an operation and keeps it. */
async function claim(store: WorkflowStore, id: string): Promise<void> {
  const { replica, epoch } = store.lease();
  await store.apply({
    ...startOf(id, { status: "running", operationId: `op_${id}`, claim: { replica, epoch } }),
    operations: [operationOf(`op_${id}`, id)],
  });
  process.on("SIGUSR2", () => say(`dispatch ${systemClock.monotonic() < store.lease().validUntil}`));
  say(`claimed ${epoch}`);
  await new Promise(() => undefined);
}

/**
 * A process that uses a store in one of these roles, `<role> <arguments…>`. It says what it did in lines on its output.
 */
export async function runStoreChild(
  open: () => Promise<WorkflowStore>,
  [role = "", ...rest]: readonly string[],
): Promise<void> {
  // Listening and holding keep no process alive by themselves.
  const alive = setInterval(() => undefined, 60_000);
  try {
    const store = await open();
    say("open");
    const [first = "", second = "", third = ""] = rest;
    if (role === "contend") await contend(store, first, Number(second), third);
    if (role === "burst") await burst(store, first, Number(second));
    if (role === "relay") await relay(store, first, Number(second), Number(third));
    if (role === "claim") await claim(store, first);
    await store.close();
    say("closed");
  } catch (thrown) {
    say(`error ${String(thrown)} ${String((thrown as Error).cause ?? "")}`);
    process.exitCode = 1;
  } finally {
    clearInterval(alive);
  }
}
