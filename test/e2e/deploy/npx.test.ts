import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import { gatewayBin, repository } from "../harness/gateway-process.ts";

interface Package {
  readonly name: string;
  readonly version: string;
  readonly mcpName?: string;
  readonly bin?: { readonly [name: string]: string };
}
const readJson = <T>(...path: string[]): T =>
  JSON.parse(readFileSync(join(repository, ...path), "utf8")) as T;
const gateway = readJson<Package>("apps/gateway/package.json");
const server = readJson<{
  readonly $schema: string;
  readonly name: string;
  readonly version: string;
  readonly packages: readonly {
    readonly identifier: string;
    readonly version: string;
    readonly packageArguments: readonly { readonly name?: string; readonly value?: string }[];
  }[];
}>("server.json");

const root = mkdtempSync(join(tmpdir(), "flowgate-npx-"));
const desk = join(root, "desk");
const env = {
  ...process.env,
  PATH: [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter),
  FLOWGATE_RUNTIME_DIR: root,
};
const run = (cwd: string, command: string, ...args: string[]) =>
  spawnSync(command, args, { cwd, env, encoding: "utf8", timeout: 110_000 });

beforeAll(() => {
  // What `npm publish` sends, and what npm makes of it in a folder with nothing else.
  for (const [cwd, command, ...args] of [
    [dirname(dirname(gatewayBin)), "npm", "pack", "--pack-destination", root],
    [
      root,
      "npm",
      "install",
      "--prefix",
      desk,
      "--no-audit",
      "--no-fund",
      join(root, `${gateway.name}-${gateway.version}.tgz`),
    ],
  ] as const) {
    const { status, stdout, stderr } = run(cwd, command, ...args);
    if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stdout}${stderr}`);
  }
}, 240_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("npx runs the packed gateway in a folder of its own: init, check, serve over stdio [R-NPX-1]", async () => {
  const npx = (...args: string[]) => run(desk, "npx", "--no-install", "mcp-flowgate", ...args);
  expect(npx("--version").stdout.trim()).toBe(gateway.version);
  expect(npx("init", "--template", "hello", "-o", "gateway.yaml").status).toBe(0);
  const checked = npx("check", "-c", "gateway.yaml");
  expect([checked.status, checked.stdout]).toEqual([0, expect.stringContaining("ok gateway.yaml")]);
  const called = npx(
    "call",
    "-c",
    "gateway.yaml",
    "workflow.start",
    '{"definitionId":"hello.echo","input":{"message":"packed"}}',
  );
  expect(JSON.parse(called.stdout).result.output).toEqual({ message: "packed" });
});

test("server.json says how the published package is run, and running it so serves MCP [R-NPX-1]", async () => {
  const [entry] = server.packages;
  expect([server.name, server.version]).toEqual([gateway.mcpName, gateway.version]);
  expect([entry?.identifier, entry?.version]).toEqual([gateway.name, gateway.version]);
  const config = join(desk, "gateway.yaml");
  const args = entry!.packageArguments.flatMap(({ name, value }) => [
    ...(name === undefined ? [] : [name]),
    value ?? config,
  ]);
  const client = await connectClient(
    { args, program: join(desk, "node_modules", gateway.name, "bin/mcp-flowgate.mjs") },
    "2025-11-25",
  );
  expect((await client.listTools()).length).toBe(7);
  await client.close();
});

test("server.json is what the schema that it names wants", async (context) => {
  const answer = await fetch(server.$schema, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
  if (answer?.ok !== true)
    return context.skip(`${server.$schema} cannot be reached from here: not validated`);
  const { Ajv } = await import("ajv");
  const formats = await import("ajv-formats");
  const ajv = new Ajv({ strict: false });
  formats.default.default(ajv);
  const validate = ajv.compile((await answer.json()) as object);
  expect(validate(server), JSON.stringify(validate.errors)).toBe(true);
});
