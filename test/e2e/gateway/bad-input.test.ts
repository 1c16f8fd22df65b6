import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HELLO } from "../harness/configs.ts";
import { runGateway, temporaryFolder, writeConfig } from "../harness/gateway-process.ts";

/** Text on standard error, exit code 1, no stack, nothing on standard output. */
async function refused(args: readonly string[], code = 1) {
  const run = await runGateway(args);
  expect(run.stdout).toBe("");
  expect(run.code).toBe(code);
  expect(run.stderr).not.toMatch(/^\s+at /m);
  return run.stderr;
}

describe("an unusable configuration ends with a clear line and exit code 1 [R-BAD-1]", () => {
  const serveText = async (text: string | Uint8Array) => {
    using folder = temporaryFolder();
    const file = join(folder.path, "gateway.yaml");
    writeFileSync(file, text);
    return await refused(["serve", "-c", file]);
  };

  test("missing", async () =>
    expect(await refused(["serve", "-c", "/nowhere/gateway.yaml"])).toContain("/nowhere/gateway.yaml"));
  test("a folder", async () => expect(await refused(["serve", "-c", "/"])).toMatch(/director|folder/i));
  test("empty", async () => expect(await serveText("")).toMatch(/empty/i));
  test("binary", async () =>
    expect(await serveText(Buffer.from([0, 255, 254, 1, 2, 3, 128, 0]))).toMatch(/FG1\d\d/));
  test("cyclic includes, with the path of the cycle", async () => {
    using folder = temporaryFolder();
    writeConfig(folder.path, "include: [b.yaml]\n", "a.yaml");
    writeConfig(folder.path, "include: [a.yaml]\n", "b.yaml");
    const text = await refused(["serve", "-c", join(folder.path, "a.yaml")]);
    expect(text).toMatch(/a\.yaml.*b\.yaml.*a\.yaml/s);
  });
  test("20 MiB", async () =>
    expect(await serveText(`version: "1.0.0"\n# ${"x".repeat(20 * 1024 * 1024)}\n`)).toMatch(/16 MiB/));
  test("another major version", async () =>
    expect(await serveText('version: "2.0.0"\n')).toMatch(/gateway\.yaml:1:\d+.*version/s));
  test("an unknown key, with the nearest known one", async () => {
    const text = await serveText('version: "1.0.0"\nworkfows: {}\n');
    expect(text).toMatch(/gateway\.yaml:2:1/);
    expect(text).toContain("workflows");
  });
  test("a variable that is not set, at its line (F53)", async () => {
    const text = await serveText(
      'version: "1.0.0"\nconnections:\n  api: { kind: http, baseUrl: "${NOT_SET_ANYWHERE}" }\n',
    );
    expect(text).toContain("FG110");
    expect(text).toMatch(/gateway\.yaml:3:/);
  });
  test("a blocked import without a lock file to hold it to", async () => {
    const text = `${HELLO}  import: [{ connection: c, pin: block }]\nconnections: { c: { kind: mcp, command: node } }\n`;
    expect(await serveText(text)).toMatch(
      /"c" has pin: block, and there is no .*flowgate\.lock\.json.*mcp-flowgate pin/,
    );
  });
  test("an identity that could recognise anybody, and a secret that can be guessed", async () => {
    expect(await serveText(`${HELLO}identity: { kind: trustedHeaders, subject: X-User }\n`)).toContain(
      "FG620",
    );
    const weak = await serveText(
      `${HELLO}identity: { kind: apiKeys, keys: [{ id: ci, key: changeme-please-now, subject: ci }] }\n`,
    );
    expect(weak).toContain("FG621");
  });
});

describe("a command line that cannot be meant ends with exit code 2 [R-BAD-1]", () => {
  test("no configuration", async () => {
    const run = await runGateway(["serve"], { env: { FLOWGATE_CONFIG: "" } });
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toContain("-c FILE");
  });
  test("an unknown command", async () => expect(await refused(["sevre"], 2)).toContain("serve"));
  test("an unknown flag", async () =>
    expect(await refused(["serve", "--lisen", "x"], 2)).toContain("--listen"));
  test("a listen address that is none", async () => {
    using folder = temporaryFolder();
    expect(await refused(["serve", "-c", writeConfig(folder.path, HELLO), "--listen", "8787"], 2)).toContain(
      "HOST:PORT",
    );
  });
  test("arguments that are not JSON", async () => {
    using folder = temporaryFolder();
    expect(
      await refused(["call", "-c", writeConfig(folder.path, HELLO), "gateway.search", "{query}"], 2),
    ).toContain("not JSON");
  });
});

test("a port in use is one line that names it [R-BAD-1]", async () => {
  using folder = temporaryFolder();
  const holder = createServer();
  await new Promise<void>((done) => holder.listen(0, "127.0.0.1", done));
  const { port } = holder.address() as AddressInfo;
  const text = await refused([
    "serve",
    "-c",
    writeConfig(folder.path, HELLO),
    "--listen",
    `127.0.0.1:${port}`,
  ]);
  holder.close();
  expect(text).toContain(`127.0.0.1:${port} is in use`);
});

test("a command that does not exist fails its call by name, and the gateway goes on [R-BAD-1]", async () => {
  using folder = temporaryFolder();
  const config = writeConfig(
    folder.path,
    `version: "1.0.0"\nproxy: { expose: [{ name: run.it, executor: { kind: cli, command: no-such-command-anywhere } }] }\n`,
  );
  const run = await runGateway(["call", "-c", config, "workflow.start", '{"definitionId":"run.it"}']);
  expect(run.code).toBe(1);
  const body = JSON.parse(run.stdout);
  expect(body.error).toMatchObject({ code: "EXECUTOR_FAILED" });
  expect(body.error.message).toContain("no-such-command-anywhere");
});

test("call runs one tool from a shell and prints its answer", async () => {
  using folder = temporaryFolder();
  const run = await runGateway([
    "call",
    "-c",
    writeConfig(folder.path, HELLO),
    "workflow.start",
    '{"definitionId":"hello.echo","input":{"message":"from a shell"}}',
  ]);
  expect(run.code).toBe(0);
  expect(JSON.parse(run.stdout).result).toMatchObject({
    status: "completed",
    output: { message: "from a shell" },
  });
});

test("every command explains itself with an example", async () => {
  for (const command of [
    ["serve"],
    ["call"],
    ["approvals", "list"],
    ["approvals", "show"],
    ["approvals", "approve"],
    ["approvals", "reject"],
    ["workflows", "list"],
    ["workflows", "show"],
    ["workflows", "cancel"],
    ["workflows", "resolve-unknown"],
    ["audit", "verify"],
    ["audit", "query"],
    ["audit", "tail"],
    ["audit", "export"],
    ["check"],
    ["graph"],
    ["explain-config"],
    ["init"],
  ]) {
    const run = await runGateway([...command, "--help"]);
    expect(run.code, command.join(" ")).toBe(0);
    expect(run.stdout, command.join(" ")).toContain("Example");
  }
});

/** Every command, with what it needs to come as far as its flags. */
const COMMANDS: readonly (readonly string[])[] = [
  ["serve"],
  ["call", "gateway.home"],
  ["test", "a.test.yaml"],
  ["pin"],
  ["init-key", "ci"],
  ["log-level"],
  ["reload"],
  ["approvals", "list"],
  ["approvals", "tail"],
  ["approvals", "show", "ap_1"],
  ["approvals", "approve", "ap_1", "--as", "ann"],
  ["approvals", "reject", "ap_1", "--as", "ann"],
  ["workflows", "list"],
  ["workflows", "show", "wf_1"],
  ["workflows", "cancel", "wf_1", "--reason", "r"],
  ["workflows", "resolve-unknown", "wf_1", "--reason", "r", "--outcome", "executed"],
  ["workflows", "migrate", "wf_1", "--reason", "r", "--to", "current"],
  ["audit", "verify"],
  ["audit", "query"],
  ["audit", "tail"],
  ["audit", "export"],
  ["discovery", "show"],
  ["discovery", "reset"],
  ["servers", "list"],
  ["servers", "stop", "api"],
  ["store", "migrate"],
  ["store", "backup", "copy.sqlite"],
  ["store", "gc"],
  ["check", "a.yaml"],
  ["graph", "a.yaml"],
  ["explain-config", "store"],
  ["init"],
  ["migrate-config", "a.yaml"],
  ["import-config", "a.yaml"],
];
/** What they print is no data, or in a format of its own. */
const WITHOUT_JSON = ["serve", "call", "init", "audit export"];

test("every command refuses a flag that it does not have, and gives its data as JSON when asked [R-BAD-1]", async () => {
  const nameOf = (command: readonly string[]): string =>
    command
      .slice(0, /^(?:approvals|workflows|audit|discovery|servers|store)$/.test(command[0] ?? "") ? 2 : 1)
      .join(" ");
  const { stdout: listed } = await runGateway(["--help"]);
  const known = new Set(COMMANDS.map(([name]) => name));
  const inHelp = [...listed.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name]) => name);
  expect(inHelp.filter((name) => name !== "help" && !known.has(name ?? ""))).toEqual([]);
  const found: { name: string; code: number | null; refused: boolean; json: boolean }[] = [];
  for (let at = 0; at < COMMANDS.length; at += 3) {
    const some = COMMANDS.slice(at, at + 3).map(async (command) => {
      const name = nameOf(command);
      const [wrong, help] = await Promise.all([
        runGateway([...command, "--no-such-flag"]),
        runGateway([...name.split(" "), "--help"]),
      ]);
      const refused = wrong.stderr.includes("unknown option '--no-such-flag'") && wrong.stdout === "";
      return { name, code: wrong.code, refused, json: help.stdout.includes("--json") };
    });
    found.push(...(await Promise.all(some)));
  }
  expect(found).toEqual(
    COMMANDS.map(nameOf).map((name) => ({
      name,
      code: 2,
      refused: true,
      json: !WITHOUT_JSON.includes(name),
    })),
  );
});

test("the checker reports missing targets, unreachable states, dead ends and schema errors with their places [R-CHECK-1]", async () => {
  using folder = temporaryFolder();
  const config = writeConfig(
    folder.path,
    `version: "1.0.0"
workflows:
  change:
    initialState: draft
    states:
      draft:
        transitions:
          submit: { target: revue }
          park: { target: stuck }
      review: { terminal: true }
      stuck: {}
    inputSchema: { type: objekt }
  other:
    initialState: here
    states:
      here: { terminal: true }
      island: { transitions: { leave: { target: here } } }
`,
  );
  const run = await runGateway(["check", "-c", config, "--format", "json"]);
  expect(run.code).toBe(1);
  const found = JSON.stringify(JSON.parse(run.stdout));
  const pretty = (await runGateway(["check", "-c", config])).stdout;
  // The place of each: the file, its line and its column.
  for (const place of ["gateway.yaml:8:", "gateway.yaml:11:", "gateway.yaml:12:", "gateway.yaml:17:"])
    expect(pretty).toContain(place);
  for (const word of ["revue", "review", "stuck", "island", "array, boolean"]) expect(found).toContain(word);
});
