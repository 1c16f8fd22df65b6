import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileConfig } from "@mcp-flowgate/config-compiler";
import { createNodeDigest, createNodeReader } from "flowgate-check";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { runImportConfig } from "../src/commands/import-config.ts";
import { convertMcpg } from "../src/foreign/mcpg.ts";

const folder = mkdtempSync(join(tmpdir(), "flowgate-import-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const http = (url: string, more: object = {}): object => ({
  name: "t",
  description: "Does it.",
  backend: { kind: "http", url, method: "get", ...more },
});
const tools = (...list: readonly object[]): any => ({ mcp: { capabilities: { tools: list } } });

describe("a configuration of MCPG", () => {
  it("keeps each argument in its place: path, query, header, body, command line and standard input", () => {
    const { config, losses } = convertMcpg(
      tools(
        {
          ...http("https://api.example.com/users/${arguments.user}/posts?sort=${arguments.sort}&lang=en", {
            headers: {
              Authorization: "Bearer ${env.TOKEN}",
              "X-Caller": "${context.principal_id} by ${tool_name}",
            },
            timeout_ms: 5000,
            max_response_bytes: 8192,
          }),
          input_schema: {
            type: "object",
            properties: { user: {}, sort: {}, page: {}, size: {} },
            required: ["user", "size"],
          },
          retry: { max_attempts: 3, backoff_ms: 100 },
        },
        {
          name: "u",
          annotations: { idempotent: true },
          backend: { kind: "http", url: "https://api.example.com/users", method: "post" },
        },
        {
          name: "c",
          backend: {
            kind: "command",
            command: "kubectl",
            args: ["-n", "${arguments.ns}", "--x=${arguments.x}"],
          },
        },
      ) as never,
    );
    expect(losses).toEqual([]);
    expect(config["connections"]).toEqual({
      "api-example-com": { kind: "http", baseUrl: "https://api.example.com" },
    });
    const [get, post, command] = (config["proxy"] as any).expose;
    expect(get).toMatchObject({
      executor: {
        kind: "http",
        connection: "api-example-com",
        method: "GET",
        path: "/users/{user}/posts",
        query: {
          sort: "$.arguments.sort",
          lang: "en",
          page: { coalesce: ["$.arguments.page", null] },
          size: "$.arguments.size",
        },
        headers: { Authorization: "Bearer ${env.TOKEN}", "X-Caller": "{{ $.principal.subject }} by t" },
        maxResponseBytes: 8192,
      },
      reliability: {
        timeoutMs: 5000,
        retry: { maxAttempts: 3, backoff: "exponential", initialDelayMs: 100 },
      },
    });
    expect(post.executor).toMatchObject({ method: "POST", body: "$.arguments", idempotent: true });
    expect(command.executor).toEqual({
      kind: "cli",
      command: "kubectl",
      args: ["-n", "$.arguments.ns", "--x={{ $.arguments.x }}"],
      stdin: "$.arguments",
    });
  });

  it.each([
    ['"admins" in identity.groups', [{ kind: "role", role: "admins" }]],
    [
      "identity.has_role('ops') && arguments.n <= 5",
      [
        { kind: "role", role: "ops" },
        { kind: "expr", expr: "$.arguments.n <= 5" },
      ],
    ],
    ['principal_id != ""', [{ kind: "expr", expr: '$.principal.subject != ""' }]],
  ])("turns the condition %s into guards", (condition, guards) => {
    const { config, losses } = convertMcpg(
      tools({
        ...http("https://a.example.com/x"),
        governance: { allow_if: condition, required_scopes: ["x.read"] },
      }),
    );
    expect(losses).toEqual([]);
    expect((config["proxy"] as any).expose[0].guards).toEqual([
      { kind: "permission", permission: "x.read" },
      ...guards,
    ]);
  });

  it.each([
    [
      "a condition that cannot be said",
      { ...http("https://a.example.com/x"), governance: { allow_if: "size(arguments.q) < 3" } },
    ],
    [
      "a credential of a plugin",
      http("https://a.example.com/x", { headers: { Authorization: "Bearer ${cred://v/api}" } }),
    ],
    ["a host that the caller chooses", http("https://${arguments.host}/x")],
    ["an expression in the path", http("https://a.example.com/${arguments.n + 1}")],
    ["another kind of backend", { name: "t", backend: { kind: "sql", url: "postgres://db" } }],
  ])("leaves a tool with %s out, and says so once", (_, tool) => {
    const { config, losses } = convertMcpg(tools(tool));
    expect(config["proxy"]).toBeUndefined();
    expect(losses).toHaveLength(1);
    expect(losses[0]).toMatchObject({
      at: "mcp.capabilities.tools.t.backend",
      why: expect.stringMatching(/^left out: /),
    });
  });

  it("brings federations, callers, audit and the listener over, as a configuration that compiles", async () => {
    const source = `gateway:
  server: { bind_address: 0.0.0.0:8787, max_request_body_mb: 2, allowed_origins: [https://app.example.com] }
governance:
  access:
    oidc_oauth:
      providers:
        - issuer: https://login.example.com
          audiences: [mcpg]
          verification: { kind: oidc_jwks, allowed_algs: [RS256] }
          clock_skew_secs: 30
          claim_mappings: { role_claim_paths: [realm_access.roles] }
  audit: { sinks: [{ kind: dev.mcpg.builtin.audit.local-file, config: { path: ./audit.log } }] }
observability: { logs: { level: info } }
mcp:
  federations:
    - name: notion
      upstream: { url: "https://notion.example.com/mcp", auth: { mode: service_token, token: "\${env.NOTION}" } }
      naming: { tool_prefix: "notes." }
      filter: { include_tools: ["*"], exclude_tools: ["internal_*"] }
    - name: local
      upstream: { transport: stdio, command: my-mcp, args: [--stdio] }
    - name: vault
      upstream: { url: "https://v.example.com/mcp", auth: { mode: oauth_impersonation, credential: "cred://x/y" } }
  capabilities:
    tools:
      - { name: dev.echo, description: A fixed answer., backend: { kind: mock, response: { status: ok } } }
    resources: []
`;
    const file = join(folder, "mcpg.yaml");
    const output = join(folder, "gateway.yaml");
    writeFileSync(file, source);
    let said = "";
    const io = { write: () => undefined, writeError: (text: string) => void (said += text) };
    expect(await runImportConfig({ file, output }, io)).toBe(1);
    expect(said.split("\n").slice(0, -2)).toEqual([
      "not taken over: mcp.federations.vault.upstream: left out: auth.mode oauth_impersonation takes its credentials from a plugin; write the connection's `auth` by hand",
      "not taken over: mcp.capabilities.resources: has no counterpart here",
    ]);
    expect(readFileSync(output, "utf8")).toContain(
      "#   mcp.capabilities.resources: has no counterpart here\n",
    );
    expect(await runImportConfig({ file, output }, io)).toBe(1);
    expect(said).toContain("is already there; --force replaces it");
    const { plan, diagnostics } = await compileConfig({
      files: [output],
      reader: createNodeReader(),
      digest: createNodeDigest(),
      env: (name) => (name === "NOTION" ? "canary-notion" : undefined),
    });
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(plan?.connections["notion"]).toMatchObject({ auth: { kind: "bearer", token: "canary-notion" } });
    expect(plan?.imports).toMatchObject([
      { connection: "notion", prefix: "notes", include: [], exclude: ["internal_*"] },
      { connection: "local" },
    ]);
    expect(plan?.identity).toMatchObject([
      {
        kind: "jwt",
        issuer: "https://login.example.com",
        algorithms: ["RS256"],
        clockSkewMs: 30_000,
        claims: { roles: "realm_access.roles" },
      },
    ]);
    expect(plan?.audit).toMatchObject({ onFailure: "fail_closed", sinks: [{ kind: "file" }] });
    expect(plan?.server.http).toMatchObject({ port: 8787, maxBodyBytes: 2 * 1024 * 1024 });
    expect(Object.keys(plan?.workflows ?? {})).toEqual(["dev.echo"]);
  });

  it("names every key that it does not take, whatever the document holds", () => {
    const key = fc.stringMatching(/^zz[a-z]{1,5}$/);
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue(), { maxKeys: 5 }), (unknown) => {
        const { losses } = convertMcpg({
          ...unknown,
          mcp: { ...unknown, capabilities: { ...unknown } },
          gateway: { server: { ...unknown } },
        } as never);
        const places = ["", "mcp.", "mcp.capabilities.", "gateway.server."];
        const expected = places.flatMap((place) => Object.keys(unknown).map((name) => `${place}${name}`));
        expect(new Set(losses.map(({ at }) => at))).toEqual(new Set(expected));
      }),
    );
  });

  it("is told apart from other files", async () => {
    const file = join(folder, "other.yaml");
    writeFileSync(file, "servers: []\n");
    let said = "";
    const io = { write: () => undefined, writeError: (text: string) => void (said += text) };
    expect(await runImportConfig({ file }, io)).toBe(1);
    expect(said).toContain("is not a configuration of MCPG");
    writeFileSync(file, "mcp: [\n");
    said = "";
    expect(await runImportConfig({ file }, io)).toBe(1);
    expect(said).toMatch(/other\.yaml cannot be read: .+\n$/);
  });
});
