import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  globSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { validate } from "dockerfile-utils";
import { connectClient } from "../harness/clients.ts";
import { HELLO } from "../harness/configs.ts";
import { collect, exitOf, repository, waitFor, writeConfig } from "../harness/gateway-process.ts";

const dockerfile = readFileSync(join(repository, "deploy/docker/Dockerfile"), "utf8");
/** An instruction a line, without comments. */
const instructions = dockerfile
  .replace(/^#.*\n/gm, "")
  .replace(/\\\n\s*/g, "")
  .split("\n")
  .filter((line) => line !== "");
const [build, final] = ((): readonly [readonly string[], readonly string[]] => {
  const second = instructions.findLastIndex((line) => line.startsWith("FROM "));
  return [instructions.slice(0, second), instructions.slice(second)];
})();
const exec = (name: string): string[] =>
  JSON.parse(/\[.*\]/.exec(final.find((line) => line.startsWith(name)) ?? "")?.[0] ?? "null") as string[];
const KEY = "a-key-only-for-this-test";
const isRoot = process.getuid?.() === 0;

// Not below a folder that only its owner may enter: what runs there is somebody else.
const root = mkdtempSync(join(tmpdir(), "flowgate-image-"));
const app = join(root, "app");
const data = join(root, "data");
const node = join(root, "node");
// Below the ports that a system gives out by itself.
const port = String(20_000 + (process.pid % 12_000));
let user: { readonly uid: number; readonly gid: number } | undefined;

beforeAll(() => {
  chmodSync(root, 0o755);
  const [uid, gid] = /^USER (\d+):(\d+)$/m.exec(final.join("\n"))?.slice(1).map(Number) ?? [];
  if (isRoot) user = { uid: uid!, gid: gid! };
  try {
    linkSync(process.execPath, node);
  } catch {
    cpSync(process.execPath, node);
  }
  // The steps of the Dockerfile that make what is copied into the image, with another folder.
  let as: string | undefined;
  for (const instruction of build) {
    const [, name, rest = ""] = /^(\w+) (.*)$/.exec(instruction) ?? [];
    if (name === "USER") as = rest;
    if (name !== "RUN" || rest.includes("pnpm@")) continue;
    const step = rest.replaceAll("/app", app).replaceAll("8787", port);
    const { status, stdout, stderr } = spawnSync(
      isRoot ? step : step.replace("-o 10001 ", "").replace(/chown \S+ \S+ \S+ && /, ""),
      {
        cwd: repository,
        encoding: "utf8",
        env: { PATH: `${root}:/usr/bin:/bin` },
        shell: true,
        ...(as === "10001:10001" ? user : {}),
      },
    );
    if (status !== 0) throw new Error(`${step} ended with ${status}: ${stdout}${stderr}`);
  }
  mkdirSync(data, { mode: 0o750 });
  if (isRoot) chownSync(data, uid!, gid!);
  else chmodSync(app, 0o555);
}, 240_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("the Dockerfile is free of what its linter knows, and pins what builds it", () => {
  expect(validate(dockerfile).map(({ range, message }) => `${range.start.line + 1}: ${message}`)).toEqual([]);
  const { packageManager } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as {
    packageManager: string;
  };
  expect(new Set(dockerfile.match(/pnpm@[\d.]+/g))).toEqual(new Set([packageManager]));
  expect(/^ARG NODE_IMAGE=(.+)$/m.exec(dockerfile)?.[1]).toMatch(
    /^docker\.io\/library\/node:24-[a-z]+-slim$/,
  );
  expect(/^USER (.+)$/m.exec(final.join("\n"))?.[1]).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  expect(instructions.filter((line) => line.startsWith("ADD "))).toEqual([]);
});

test("what is deployed needs nothing outside of its folder", () => {
  const links = spawnSync("find", [app, "-type", "l", "-printf", "%l\n"], { encoding: "utf8" }).stdout;
  expect(links.split("\n").filter((target) => target.startsWith("/"))).toEqual([]);
  expect(globSync("node_modules/*", { cwd: app })).toEqual(["node_modules/better-sqlite3"]);
});

test("its user finds compiled code there, and cannot write it", () => {
  const { stderr } = spawnSync(node, [join(app, "bin/mcp-flowgate.mjs"), "serve", "--health-check"], {
    encoding: "utf8",
    env: { NODE_COMPILE_CACHE: join(app, "code"), NODE_DEBUG_NATIVE: "COMPILE_CACHE" },
    ...user,
  });
  expect(stderr).toMatch(/\/lib\/serve-\S+ was accepted/);
  const writable = spawnSync("find", [app, "-perm", "/022", "!", "-type", "l"], { encoding: "utf8" }).stdout;
  expect(writable).toBe("");
  const others = spawnSync("find", [app, "!", "-uid", String(process.getuid?.())], {
    encoding: "utf8",
  }).stdout;
  expect(others).toBe("");
});

test("the image's commands serve as its user from a tree that it cannot write, and stop on its signal [R-IMAGE-1]", async () => {
  const config = writeConfig(
    root,
    `${HELLO}
store: { kind: sqlite, path: "${data}/flowgate.sqlite" }
audit: { sink: file, path: "${data}/audit.jsonl" }
identity: { kind: apiKeys, keys: [{ id: one, key: "\${KEY}", subject: ann }] }
server: { transport: http, http: { listen: "127.0.0.1:\${PORT}" } }
`,
  );
  const env = {
    PATH: "/usr/bin:/bin",
    KEY,
    PORT: port,
    FLOWGATE_CONFIG: config,
    ...Object.fromEntries(
      [...(final.find((line) => line.startsWith("ENV ")) ?? "").matchAll(/([A-Z_]+)=(\S+)/g)]
        .map(([, name, value]) => [
          name,
          value?.replace(/^\/var\/lib\/mcp-flowgate|^\/tmp|^\/app/, (at) => (at === "/app" ? app : data)),
        ])
        .filter(([name]) => name !== "FLOWGATE_CONFIG"),
    ),
  };
  const start = (args: readonly string[]) => {
    const [program, script, ...rest] = [...exec("ENTRYPOINT"), ...args];
    expect(program).toBe("node");
    const child = spawn(node, [script!.replace("/app", app), ...rest], { cwd: data, env, ...user });
    return { child, ...collect(child) };
  };
  const health = async (): Promise<number | null> => {
    const [, ...command] = exec("HEALTHCHECK");
    return exitOf(start(command.slice(1)).child);
  };

  expect(await health()).toBe(1);
  const gateway = start(exec("CMD"));
  await waitFor(
    () => (gateway.stderr().includes("serving") ? true : undefined),
    () => gateway.child.exitCode !== null,
    gateway.stderr,
  );
  expect(await health()).toBe(0);
  const client = await connectClient(
    { url: `http://127.0.0.1:${port}/mcp`, headers: { authorization: `Bearer ${KEY}` } },
    "2026-07-28",
  );
  const { body } = await client.call("workflow.start", {
    definitionId: "hello.echo",
    input: { message: "from the image" },
  });
  expect(body.result.output).toEqual({ message: "from the image" });
  await client.close();
  // Commands that reach the running gateway work beside it.
  const listed = start(["workflows", "list", "--json"]);
  expect(await exitOf(listed.child), listed.stderr()).toBe(0);
  const ended = exitOf(gateway.child);
  gateway.child.kill(/^STOPSIGNAL (\S+)$/m.exec(final.join("\n"))?.[1] as NodeJS.Signals);
  expect(await ended, gateway.stderr()).toBe(0);
});
