import { join } from "node:path";
import type { JsonObject } from "@mcp-flowgate/core";
import { expect, test } from "vitest";
import { connectClient, ERAS } from "../harness/clients.ts";
import { runGateway, startHttpGateway, temporaryFolder, writeConfig } from "../harness/gateway-process.ts";

/** Far more than a small gateway needs, far less than one of these inputs would take if it were followed to its end. */
const SMALL_HEAP = { NODE_OPTIONS: "--max-old-space-size=256" };

test("hostile texts for guards, patterns, templates and searches are answered in a small heap, and other callers are [R-BOUND-1]", async () => {
  using folder = temporaryFolder();
  await using gateway = await startHttpGateway(writeConfig(folder.path, CONFIG), { env: SMALL_HEAP });
  const [hostile, calm] = await Promise.all(ERAS.map((era) => connectClient({ url: gateway.url }, era)));
  if (hostile === undefined || calm === undefined) throw new Error("two clients");
  const long = `${"a".repeat(200_000)}!`;
  const deep = JSON.parse(`${"[".repeat(500)}1${"]".repeat(500)}`);
  const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`k${at}`, at]));
  const start = (definitionId: string, input: JsonObject): Promise<any> =>
    hostile.call("workflow.start", { definitionId, input }).then(({ body }) => body);
  const attacks = [
    ...["nested", "alternatives", "counted"].map((id) => start(id, { text: long })),
    start("compares", { items: Array.from({ length: 20_000 }, (_, at) => at), text: long }),
    start("compares", { items: [deep], text: JSON.stringify(deep) }),
    start("fills", { text: "{{ $.arguments.text }}".repeat(8_000) }),
    start("fills", { text: long, more: wide }),
    ...["a ".repeat(100_000), "\u0301".repeat(100_000), long, "?".repeat(100_000), "𝕏".repeat(50_000)].map(
      (query) => hostile.call("gateway.search", { query }).then(({ body }) => body),
    ),
  ];
  const others = Array.from({ length: 20 }, async (_, at) => {
    const { body } = await calm.call("workflow.start", { definitionId: "plain", input: { at } });
    return body.result.output;
  });
  expect(await Promise.all(others)).toEqual(Array.from({ length: 20 }, (_, at) => ({ at })));
  for (const answer of await Promise.all(attacks)) {
    // It is refused, or it is answered within the bound; it never passes a guard that it does not meet.
    expect(answer.error?.code ?? answer.result?.status ?? "found").toMatch(
      /^(?:GUARD_REJECTED|INPUT_SCHEMA_VIOLATION|INVALID_ARGUMENTS|completed|found)$/,
    );
    // Its link has what the caller itself sent, to be sent again.
    expect(JSON.stringify({ ...answer, links: [] }).length).toBeLessThan(24_000);
  }
  for (const id of ["nested", "alternatives", "counted"])
    expect((await start(id, { text: long })).error.code).toBe("GUARD_REJECTED");

  // What doubles with each turn ends at the context's bound, and the instance can still be read.
  let grown = (await hostile.call("workflow.start", { definitionId: "doubles" })).body;
  for (let turn = 0; turn < 40 && grown.error === undefined; turn += 1)
    grown = (await hostile.call("workflow.submit", grown.links[0].args)).body;
  expect(grown.result.status).toBe("failed");
  expect(grown.error.message).toContain("over the limit of 262144");
  expect((await fetch(new URL("/health", gateway.url))).status).toBe(200);
  await Promise.all([hostile.close(), calm.close()]);
  expect(await gateway.stop()).toBe(0);
});

test("a hostile configuration is refused with its place, in a small heap [R-BOUND-1]", async () => {
  using folder = temporaryFolder();
  const laughs = Array.from(
    { length: 12 },
    (_, at) =>
      `  l${at}: &l${at} [${Array(12)
        .fill(at === 0 ? "x" : `*l${at - 1}`)
        .join(", ")}]`,
  ).join("\n");
  const hostile = {
    aliases: `version: "1.0.0"\nworkflows:\n${laughs}\n`,
    depth: `version: "1.0.0"\nworkflows: ${"[".repeat(100_000)}\n`,
    keys: `version: "1.0.0"\n${"k".repeat(8_000_000)}: 1\n`,
    lines: `version: "1.0.0"\nworkflows:\n${Array.from({ length: 30_000 }, (_, at) => `  w${at}: {}`).join("\n")}\n`,
    expression: `version: "1.0.0"\nproxy: { expose: [{ name: x, guards: [{ kind: expr, expr: "${"(".repeat(200_000)}1${")".repeat(200_000)}" }] }] }\n`,
    pattern: `version: "1.0.0"\nproxy: { expose: [{ name: x, inputSchema: { type: object, properties: { a: { type: string, pattern: "((((a{1,999}){1,999}){1,999}){1,999})" } } } }] }\n`,
    template: `version: "1.0.0"\nproxy: { expose: [{ name: x, executor: { kind: human, title: "${"{{ $.context.a }}".repeat(100_000)}{{ $.context.a" } }] }\n`,
    glob: `version: "1.0.0"\nworkflows: { w: { initialState: a, states: { a: { terminal: true } } } }\npolicies: [{ workflow: "${"*a".repeat(5_000)}", assert: { terminates: true } }]\n`,
  };
  for (const [name, yaml] of Object.entries(hostile)) {
    const file = writeConfig(folder.path, yaml, `${name}.yaml`);
    const { code, stdout } = await runGateway(["check", file, "--format", "json"], { env: SMALL_HEAP });
    expect([name, code]).toEqual([name, 1]);
    const first = JSON.parse(stdout).configs[0].diagnostics.find(({ severity }: any) => severity === "error");
    expect(first.code, name).toMatch(/^FG\d{3}$/);
    expect(first.place.file, name).toContain(join(`${name}.yaml`));
  }
});

const CONFIG = `version: "1.0.0"
proxy:
  expose:
    - { name: plain }
    - { name: nested, guards: [{ kind: expr, expr: "$.arguments.text matches '^(a+)+$'" }] }
    - { name: alternatives, guards: [{ kind: expr, expr: "$.arguments.text matches '^(a|aa|aaa)*$'" }] }
    - { name: counted, guards: [{ kind: expr, expr: "$.arguments.text matches '^(a?){100}(a){100}$'" }] }
    - { name: compares, guards: [{ kind: expr, expr: "$.arguments.items contains $.arguments.text || $.arguments.text contains 'aaaa!!' || lower($.arguments.text) == upper($.arguments.text)" }] }
    - { name: fills, executor: { kind: human, title: "{{ $.arguments.text }}{{ $.arguments.text }}{{ $.arguments.more }}", message: "{{ $.arguments.text }}" } }
workflows:
  doubles:
    initialState: a
    initialContext: { text: "0123456789abcdef" }
    states:
      a:
        transitions:
          go: { target: a, output: { text: { concat: [$.context.text, $.context.text] } } }
          end: { target: b }
      b: { terminal: true }
`;
