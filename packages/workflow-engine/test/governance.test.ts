import {
  buildEnd,
  buildMcp,
  buildPrincipal,
  buildTransition,
  buildWorkflow,
  succeeded,
} from "@mcp-flowgate/testkit";
import { mermaid } from "@mcp-flowgate/workflow-engine";
import { describe, expect, it } from "vitest";
import { bench, brief, rels } from "./bench.ts";

const shared = { visibility: "tenant" as const };

describe("guards", () => {
  const spend = (guards: Parameters<typeof buildTransition>[1]) =>
    buildWorkflow({ open: { transitions: { spend: buildTransition("open", guards) } } }, shared);

  it("that do not pass refuse before anything runs, saying what they read (W8)", async () => {
    const { start, submit, mcp, audit } = bench(
      spend({ guards: [{ kind: "expr", expr: "$.arguments.eur <= 100" }], executor: buildMcp("spend") }),
    );
    const refused = await submit(await start(), "spend", { eur: 250 });
    expect(brief(refused)).toEqual(["rejected", "open", 0, "GUARD_REJECTED"]);
    expect(refused.error?.message).toContain("250");
    expect(refused.error?.details).toMatchObject([
      { check: "guard", guard: "$.arguments.eur <= 100", passed: false },
    ]);
    expect(mcp.calls).toEqual([]);
    expect(audit.types().at(-1)).toBe("guard.rejected");
  });

  it.each([
    ["a missing value", { kind: "expr", expr: "$.arguments.missing == $.context.missing" }],
    ["a missing value under not", { kind: "not", guard: { kind: "expr", expr: "$.context.missing > 1" } }],
    ["an expression that does not parse", { kind: "expr", expr: "true ||" }],
    ["one of those under not", { kind: "not", guard: { kind: "expr", expr: "((" } }],
    ["evidence that nobody gave", { kind: "evidence", requires: [{ kind: "ok", count: 1 }] }],
  ] as const)("never pass on %s (F41, F42, F43, W23)", async (_name, guard) => {
    const { start, submit } = bench(spend({ guards: [guard] }));
    expect((await submit(await start(), "spend")).error?.code).toBe("GUARD_REJECTED");
  });

  it("count distinct people, not rows (F11)", async () => {
    const quorum = buildWorkflow(
      {
        open: {
          transitions: {
            review: buildTransition("open", { evidence: ["review"] }),
            ship: buildTransition("done", {
              guards: [{ kind: "evidence", requires: [{ kind: "review", count: 2, distinct: "actor" }] }],
            }),
          },
        },
        done: buildEnd(),
      },
      shared,
    );
    const { start, submit, agent } = bench(quorum);
    let at = await submit(await start(), "review");
    at = await submit(at, "review");
    expect((await submit(at, "ship")).error?.code).toBe("GUARD_REJECTED");
    at = await submit(at, "review", {}, { principal: { ...agent, subject: "second" } });
    expect((await submit(at, "ship")).status).toBe("completed");
  });

  it("separate duties by who did what before", async () => {
    const duties = buildWorkflow(
      {
        open: { transitions: { write: buildTransition("written") } },
        written: {
          transitions: {
            approve: buildTransition("done", { guards: [{ kind: "separation", from: ["write"] }] }),
          },
        },
        done: buildEnd(),
      },
      shared,
    );
    const { start, submit, agent } = bench(duties);
    const written = await submit(await start(), "write");
    expect((await submit(written, "approve")).error?.code).toBe("GUARD_REJECTED");
    const other = { ...agent, subject: "other" };
    expect((await submit(written, "approve", {}, { principal: other })).status).toBe("completed");
  });

  it("limit rates over instances, also when calls come together", async () => {
    const { start, submit, mcp, clock } = bench(
      spend({
        guards: [{ kind: "rateLimit", max: 2, perMs: 60_000, key: "principal" }],
        executor: buildMcp("spend"),
      }),
    );
    const opened = await Promise.all([start(), start(), start(), start(), start()]);
    const answers = await Promise.all(opened.map((open) => submit(open, "spend")));
    expect(answers.map(({ status }) => status).filter((status) => status === "executed")).toHaveLength(2);
    expect(answers.find(({ status }) => status === "rejected")?.error?.code).toBe("RATE_LIMITED");
    expect(mcp.calls).toHaveLength(2);
    await clock.advance(60_000);
    expect((await submit(await start(), "spend")).status).toBe("executed");
  });

  it("hide links whose guards fail now, where the author wants it, but none that still depend on arguments", async () => {
    const filtered = buildWorkflow(
      {
        open: {
          transitions: {
            admin: buildTransition("open", { guards: [{ kind: "role", role: "admin" }] }),
            small: buildTransition("open", { guards: [{ kind: "expr", expr: "$.arguments.eur < 10" }] }),
          },
        },
      },
      { linkFilter: "byGuards" },
    );
    expect(rels(await bench(filtered).start())).toEqual(["small"]);
    expect(rels(await bench({ ...filtered, linkFilter: "all" }).start())).toEqual(["admin", "small"]);
  });
});

describe("templates", () => {
  it("without a value refuse before the claim; nothing literal is ever sent (F46)", async () => {
    const call = buildWorkflow({
      open: {
        transitions: {
          go: buildTransition("done", { executor: buildMcp("go", { map: { id: "$.context.id" } }) }),
        },
      },
      done: buildEnd(),
    });
    const { start, submit, mcp, engine, agent } = bench(call);
    const refused = await submit(await start(), "go");
    expect(brief(refused)).toEqual(["rejected", "open", 0, "INPUT_SCHEMA_VIOLATION"]);
    expect(refused.error?.details).toMatchObject([
      { check: "template", pointer: "/map/id", path: "$.context.id" },
    ]);
    expect(mcp.calls).toEqual([]);
    expect(await engine.journal(refused.instance!.id, agent)).toEqual([]);
  });

  it("inside results stay what they are", async () => {
    const loop = buildWorkflow({
      open: {
        transitions: {
          read: buildTransition("open", { executor: buildMcp("read"), output: { text: "$.output.text" } }),
          send: buildTransition("done", { executor: buildMcp("send", { map: { text: "$.context.text" } }) }),
        },
      },
      done: buildEnd(),
    });
    const { start, submit, mcp } = bench(loop);
    const text = "{{ $.principal.subject }} ${HOME} $.context.secret";
    mcp.script(succeeded({ text }));
    await submit(await submit(await start(), "read"), "send");
    expect(mcp.calls[1]?.call).toMatchObject({ arguments: { text } });
  });
});

describe("tenants and owners", () => {
  const open = buildWorkflow({ open: { transitions: { go: buildTransition("done") } }, done: buildEnd() });

  it.each([
    ["another tenant", { subject: "agent", tenant: "other" }],
    ["another tenant's operator", { subject: "agent", tenant: "other", permissions: ["*"] }],
    ["another principal", { subject: "other" }],
  ])("keep an instance from %s, as if it did not exist (W20)", async (_who, more) => {
    const { start, engine } = bench(open);
    const { instance } = await start();
    const principal = buildPrincipal(more.subject, more);
    const unknown = await engine.get("wf_nothing", principal);
    expect(unknown).toMatchObject({ status: "rejected", error: { code: "UNKNOWN_WORKFLOW" } });
    const call = { workflowId: instance!.id, principal, correlationId: "cor" };
    expect(await engine.get(instance!.id, principal)).toEqual(unknown);
    expect(await engine.submit({ ...call, expectedVersion: 0, transition: "go", arguments: {} })).toEqual(
      unknown,
    );
    expect(await engine.cancel({ ...call, reason: "x" })).toEqual(unknown);
    expect(await engine.resolveUnknown({ ...call, reason: "x", outcome: "abandon" })).toEqual(unknown);
    expect(await engine.explain(call)).toEqual({ ok: false, error: unknown });
    expect(await engine.journal(instance!.id, principal)).toBeUndefined();
    expect((await engine.instances({ principal })).items).toEqual([]);
  });

  it("let an operator of the tenant look, but not act for the owner", async () => {
    const { start, engine } = bench(open);
    const { instance } = await start();
    const principal = buildPrincipal("op", { permissions: ["workflow.read"] });
    expect((await engine.get(instance!.id, principal)).status).toBe("waiting_for_action");
    const call = { workflowId: instance!.id, principal, correlationId: "cor" };
    const refused = await engine.submit({ ...call, expectedVersion: 0, transition: "go", arguments: {} });
    expect(refused.error?.code).toBe("FORBIDDEN");
  });
});

describe("explain", () => {
  const explained = buildWorkflow(
    {
      open: {
        transitions: {
          small: buildTransition("done", {
            guards: [{ kind: "expr", expr: "$.context.score <= 80" }],
            inputSchema: { type: "object", required: ["a"] },
          }),
          auto: buildTransition("done", {
            actor: "deterministic",
            guards: [{ kind: "role", role: "admin" }],
          }),
        },
      },
      done: buildEnd(),
    },
    { initialContext: { score: 91 } },
  );

  it("says for each transition who, what and why, with the values that were read", async () => {
    const { start, engine, agent } = bench(explained);
    const { instance } = await start();
    const explanation = await engine.explain({ workflowId: instance!.id, principal: agent, arguments: {} });
    expect(explanation).toMatchObject({
      ok: true,
      value: {
        state: "open",
        version: 0,
        transitions: [
          {
            name: "small",
            allowed: false,
            reasons: [
              { check: "actor", passed: true },
              { check: "schema", passed: false },
              {
                check: "guard",
                passed: false,
                guard: "$.context.score <= 80",
                text: expect.stringContaining("91"),
              },
            ],
          },
          {
            name: "auto",
            allowed: false,
            reasons: [
              { check: "actor", passed: false },
              { check: "guard", passed: false },
            ],
          },
        ],
      },
    });
  });

  it("draws a definition", () => {
    expect(mermaid(explained)).toBe(
      [
        "stateDiagram-v2",
        "  [*] --> open",
        "  open --> done: small [guarded]",
        "  open --> done: auto (deterministic) [guarded]",
        "  done --> [*]",
      ].join("\n"),
    );
  });
});

describe("bounds", () => {
  it("end an instance's growth at its number of versions", async () => {
    const loop = buildWorkflow({ open: { transitions: { again: buildTransition("open") } } });
    const { start, submit } = bench(loop, { limits: { versions: 3 } });
    let at = await start();
    for (let turn = 0; turn < 3; turn += 1) at = await submit(at, "again");
    expect(brief(await submit(at, "again"))).toEqual(["rejected", "open", 3, "INVALID_TRANSITION"]);
  });
});
