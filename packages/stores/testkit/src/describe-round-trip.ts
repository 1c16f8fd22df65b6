import type { Json } from "@mcp-flowgate/core";
import {
  arbitraryJson as json,
  arbitraryJsonObject as object,
  arbitraryText as text,
} from "@mcp-flowgate/testkit";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { approvalOf, definitionOf, instanceOf, operationOf, signalOf, startOf, timerOf } from "./rows.ts";
import type { CreateBench } from "./shared-bench.ts";

/** What goes into a store comes out of it; `keys` are the form in which its columns have texts. */
export function describeRoundTrip(
  create: CreateBench,
  {
    wide,
    ...keys
  }: {
    readonly toKey: (text: string) => string;
    readonly fromKey: (key: string) => string;
    /** Of three bytes each, in the largest text. */
    readonly wide: number;
  },
): void {
  test("keys of texts are equal where the texts are, and well-formed", () => {
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(keys.toKey(left) === keys.toKey(right)).toBe(left === right);
        expect(keys.toKey(left).isWellFormed()).toBe(true);
        expect(keys.fromKey(keys.toKey(left))).toBe(left);
      }),
    );
  });

  test("rows come back exactly as they went in, whatever characters and numbers they hold (S5, F25)", async () => {
    const store = await (await create()).open();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(text, text, object, object, json, async (one, other, first, second, value) => {
        count += 1;
        const id = `wf_${count}_${one}`;
        const instance = instanceOf(id, {
          tenant: one,
          owner: other,
          definitionHash: `${count}${other}`,
          state: one,
          status: "running",
          context: first,
          input: second,
          output: value,
          operationId: `op_${count}_${other}`,
        });
        const operation = operationOf(instance.operationId ?? "", id, { arguments: second, result: value });
        const timer = timerOf(`t_${count}_${one}`, id, count);
        const signal = signalOf(`sig_${count}_${other}`, id, first);
        const approval = approvalOf(`ap_${count}_${one}`, id, { form: first, queue: other, tenant: one });
        const request = {
          principal: one,
          tenant: other,
          key: `${count}${one}`,
          workflowId: id,
          argumentsHash: "h",
          expiresAt: 2 ** 52,
        };
        const definition = { ...definitionOf(instance.definitionHash), extra: first };
        const result = await store.apply({
          expect: { absent: id },
          definition,
          instance,
          operations: [operation],
          armTimers: [timer],
          approvals: [approval],
          signals: [signal],
          request,
          audit: [],
        });
        expect(result).toEqual({ status: "applied" });
        expect(await store.load(id)).toEqual({
          instance,
          operation,
          evidence: [],
          approvals: [approval],
          timers: [timer],
          signals: [signal],
        });
        expect(await store.request(other, one, request.key)).toEqual(request);
        expect(await store.definition(definition.hash)).toEqual(definition);
        expect((await store.instances({ tenant: one, owner: other, limit: 1 })).items).toEqual([instance]);
        await store.apply({
          expect: {},
          lateResults: [{ operationId: operation.id, result: value }],
          audit: [],
        });
        expect(await store.operation(operation.id)).toEqual({ ...operation, lateResult: value });
      }),
      { numRuns: 60 },
    );
  });

  test("ten megabytes and a thousand levels come back", async () => {
    const store = await (await create()).open();
    let deep: Json = "bottom";
    for (let level = 0; level < 1000; level += 1) deep = [deep];
    const context = { wide: "\u0000é".repeat(wide), deep };
    await store.apply(startOf("wf_1", { context }));
    expect((await store.load("wf_1"))?.instance.context).toEqual(context);
  });
}
