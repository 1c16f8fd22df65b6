import { parseJson, type AuditSink } from "@mcp-flowgate/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { digest, randomIds } from "./environment.ts";
import { eventOf, startOf, stepOf } from "./rows.ts";
import type { CreateBench, OpenOptions } from "./shared-bench.ts";
import { readStreams } from "./streams.ts";

type Chain = NonNullable<OpenOptions["auditChain"]>;

/** How every store that keeps its rows in a database keeps its audit records. */
export function describeAudit(
  create: CreateBench,
  createAuditChain: (deps: { readonly ids: typeof randomIds; readonly digest: typeof digest }) => Chain,
): void {
  test("records are dense and chained per stream, whoever writes them and in whatever order (W15)", async () => {
    const bench = await create();
    const stores = [await bench.open({ replica: "a" }), await bench.open({ replica: "b" })];
    const streams = fc.constantFrom(undefined, "1", "2", "\uD800", 'q"');
    const writes = fc.array(
      fc.record({ by: fc.nat({ max: 1 }), events: fc.array(streams, { minLength: 1, maxLength: 4 }) }),
      { maxLength: 12 },
    );
    const counts = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(writes, async (all) => {
        await Promise.all(
          all.map(async ({ by, events }) => {
            const store = stores[by]!;
            for (const id of events) {
              const stream =
                id === undefined ? `replica:${store.lease().replica}:${store.lease().epoch}` : `wf:${id}`;
              counts.set(stream, (counts.get(stream) ?? 0) + 1);
            }
            await store.record(events.map((id) => eventOf(id)));
          }),
        );
        const found = await readStreams(stores[0]!);
        expect(new Map([...found].map(([stream, records]) => [stream, records.length]))).toEqual(counts);
      }),
      { numRuns: 15 },
    );
  });

  test("a batch that is refused leaves no record", async () => {
    const store = await (await create()).open();
    await store.apply(startOf("wf_1", {}, [eventOf("wf_1")]));
    await store.apply(startOf("wf_1", {}, [eventOf("wf_1")]));
    expect((await readStreams(store)).get("wf:wf_1")).toHaveLength(1);
  });

  test("an event that cannot be recorded stops its batch, and the stream goes on without a hole", async () => {
    const chain = createAuditChain({ ids: randomIds, digest });
    const store = await (
      await create()
    ).open({
      auditChain: (head, draft) => {
        if (draft.payload["fail"] === true) throw new Error("redaction failed");
        return draft.payload["skip"] === true ? undefined : chain(head, draft);
      },
    });
    await store.apply(
      startOf("wf_1", {}, [eventOf("wf_1"), eventOf("wf_1", { payload: { skip: true } }), eventOf("wf_1")]),
    );
    const failing = stepOf("wf_1", 0, 0, {
      audit: [eventOf("wf_1"), eventOf("wf_1", { payload: { fail: true } })],
    });
    await expect(store.apply(failing)).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
    await expect(store.record([eventOf(undefined, { payload: { fail: true } })])).rejects.toMatchObject({
      code: "AUDIT_UNAVAILABLE",
    });
    expect((await store.load("wf_1"))?.instance.version).toBe(0);
    await store.apply(stepOf("wf_1", 0, 0, { audit: [eventOf("wf_1")] }));
    expect((await readStreams(store)).get("wf:wf_1")).toHaveLength(3);
  });

  test("records are read by stream and from a position on, in the order of their commits", async () => {
    const store = await (await create()).open();
    await store.record([eventOf("1"), eventOf("2"), eventOf("1")]);
    const all = await store.audit({ limit: 2 });
    expect(all.map(({ line }) => (parseJson(line) as { stream: string }).stream)).toEqual(["wf:1", "wf:2"]);
    const rest = await store.audit({ after: all.at(-1)!.position, limit: 2 });
    expect(rest).toHaveLength(1);
    expect(await store.audit({ stream: "wf:1", limit: 10 })).toEqual([all[0], rest[0]]);
    const before = all[1]?.position ?? 0;
    expect(await store.audit({ before: Number.MAX_SAFE_INTEGER, limit: 1 })).toEqual([rest.at(-1)]);
    expect(await store.audit({ before, limit: 10 })).toEqual([all[0]]);
    expect(await store.audit({ stream: "wf:1", before: Number.MAX_SAFE_INTEGER, limit: 10 })).toEqual([
      rest[0],
      all[0],
    ]);
  });

  test("committed events are forwarded in order, and what the forwarding fails at harms nobody", async () => {
    const seen: string[] = [];
    const warned: string[] = [];
    const forward: AuditSink = {
      async append(events) {
        if (events.some((event) => event.correlationId === "bad")) throw new Error("unreachable");
        seen.push(...events.map((event) => event.correlationId));
      },
    };
    const log = { debug() {}, info() {}, error() {}, warn: (message: string) => void warned.push(message) };
    const store = await (await create()).open({ forward, log });
    await store.apply(startOf("wf_1", {}, [eventOf("wf_1", { correlationId: "first" })]));
    await store.apply(startOf("wf_1", {}, [eventOf("wf_1", { correlationId: "refused" })]));
    await store.record([eventOf(undefined, { correlationId: "bad" })]);
    await store.record([eventOf(undefined, { correlationId: "second" })]);
    await store.close();
    expect(seen).toEqual(["first", "second"]);
    // Others may warn of the server that they run on.
    expect(warned.filter((message) => !message.startsWith("the store's server"))).toEqual([
      "audit events could not be forwarded",
    ]);
  });
}
