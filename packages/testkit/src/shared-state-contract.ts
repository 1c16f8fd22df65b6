import type { SharedState } from "@mcp-flowgate/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

export interface SharedStateHarness {
  /** A process of its own on the storage. */
  open(replica: string): Promise<{ readonly shared: SharedState; readonly close: () => Promise<void> }>;
  dispose(): Promise<void>;
}

/** What the port says of every {@link SharedState}, as tests (H1, H2). `create` makes an empty storage. */
export function describeSharedStateContract(name: string, create: () => Promise<SharedStateHarness>): void {
  describe(`${name} keeps what processes agree on`, () => {
    let harness: SharedStateHarness;
    beforeEach(async () => {
      harness = await create();
    });
    afterEach(() => harness.dispose());

    it("lists processes while they live, with what they say of themselves (H2)", async () => {
      const one = await harness.open("one");
      const two = await harness.open("two");
      await one.shared.report({ config: "a", text: "\0 é \ud800" });
      const seen = (await two.shared.look()).replicas;
      expect(seen.map(({ replica, isSelf, about }) => ({ replica, isSelf, about }))).toEqual([
        { replica: "one", isSelf: false, about: { config: "a", text: "\0 é \ud800" } },
        { replica: "two", isSelf: true, about: undefined },
      ]);
      await one.shared.report({ config: "b" });
      expect((await two.shared.look()).replicas[0]?.about).toEqual({ config: "b" });
      await one.close();
      expect((await two.shared.look()).replicas.map(({ replica }) => replica)).toEqual(["two"]);
    });

    it("keeps the last decision about each subject, and counts them (H1)", async () => {
      const one = await harness.open("one");
      const two = await harness.open("two");
      expect((await one.shared.look()).decisions).toEqual([]);
      expect(await one.shared.decide("server:a", { stopped: true })).toMatchObject({ n: 1 });
      expect(await two.shared.decide("config", { config: "x" })).toMatchObject({ subject: "config", n: 1 });
      const all = await Promise.all(
        Array.from({ length: 6 }, (_, turn) =>
          (turn % 2 === 0 ? one : two).shared.decide("server:a", { turn }),
        ),
      );
      expect(all.map(({ n }) => n).sort()).toEqual([2, 3, 4, 5, 6, 7]);
      const last = all.find(({ n }) => n === 7);
      const { decisions } = await two.shared.look();
      expect(decisions.find(({ subject }) => subject === "server:a")).toMatchObject({
        n: 7,
        body: last?.body,
      });
      expect(decisions).toHaveLength(2);
    });
  });
}
