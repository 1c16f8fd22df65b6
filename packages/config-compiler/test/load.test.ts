import { describe, expect, it } from "vitest";
import { codes, compileFiles, compileText } from "./memory-reader.ts";

const V = 'version: "1.0.0"\n';

describe("includes and overlays", () => {
  it("merge maps, join lists and let the later value win, the including file last", async () => {
    const { plan } = await compileFiles({
      "/c/main.yaml": `${V}include: [a.yaml, b.yaml]\nlimits: { links: 3 }\nproxy: { expose: [{ name: main }] }\n`,
      "/c/a.yaml": "limits: { links: 1, depth: 1 }\nproxy: { expose: [{ name: a }] }\n",
      "/c/b.yaml": "limits: { depth: 2 }\nproxy: { expose: [{ name: b }] }\n",
    });
    expect(plan?.limits).toMatchObject({ links: 3, depth: 2 });
    expect(plan?.exposed).toEqual(["a", "b", "main"]);
    expect(plan?.files).toEqual(["/c/main.yaml", "/c/a.yaml", "/c/b.yaml"]);
  });

  it("take globs in order and a file that is reached twice once", async () => {
    const { plan, diagnostics } = await compileFiles({
      "/c/main.yaml": `${V}include: ["parts/*.yaml", parts/b.yaml]\n`,
      "/c/parts/a.yaml": "include: [b.yaml]\nproxy: { expose: [{ name: a }] }\n",
      "/c/parts/b.yaml": "proxy: { expose: [{ name: b }] }\n",
    });
    expect(diagnostics).toEqual([]);
    expect(plan?.exposed).toEqual(["b", "a"]);
  });

  it("replace where the tag says so", async () => {
    const files = {
      "/c/base.yaml": `${V}proxy: { expose: [{ name: base }] }\nlimits: { links: 1, depth: 3 }\n`,
      "/c/prod.yaml": "proxy: { expose: !replace [{ name: prod }] }\nlimits: !replace { depth: 4 }\n",
    };
    const { plan } = await compileFiles(files, { entries: ["/c/base.yaml", "/c/prod.yaml"] });
    expect(plan?.exposed).toEqual(["prod"]);
    expect(plan?.limits).toMatchObject({ links: 20, depth: 4 });
  });

  it("keep the place of each value in its own file", async () => {
    const { diagnostics } = await compileFiles({
      "/c/main.yaml": `${V}include: [a.yaml]\nproxy:\n  expose:\n    - { name: x, executor: { kind: http, connection: api } }\n`,
      "/c/a.yaml": "connections:\n  api:\n    baseUrl: nonsense\n",
    });
    expect(
      diagnostics.map(({ code, place, pointer }) => [code, place?.file, place?.line, place?.column, pointer]),
    ).toEqual([["FG209", "/c/a.yaml", 3, 14, "/connections/api/baseUrl"]]);
  });

  it("resolve relative paths against the file that wrote them", async () => {
    const { plan } = await compileFiles(
      {
        "/c/main.yaml": `${V}include: [deep/store.yaml]\naudit: { sink: file, path: audit.jsonl }\n`,
        "/c/deep/store.yaml":
          "store: { kind: sqlite, path: ./data.sqlite }\nserver: { http: { tls: { cert: ~/c.pem, key: k.pem } } }\n",
      },
      { env: { HOME: "/home/ann" } },
    );
    expect(plan?.store.path).toBe("/c/deep/data.sqlite");
    expect(plan?.audit.sinks[0]?.path).toBe("/c/audit.jsonl");
    expect(plan?.server.http.tls).toEqual({
      cert: "/home/ann/c.pem",
      key: "/c/deep/k.pem",
      clientCertificate: "optional",
    });
  });

  it("apply anchors and merge keys, explicit keys first", async () => {
    const { plan } = await compileText(
      "connections: { api: { baseUrl: https://a.example } }\nproxy:\n  expose:\n    - { name: a, executor: &e { kind: http, connection: api, path: /a, method: GET } }\n    - { name: b, executor: { path: /b, <<: *e } }\n",
    );
    expect(plan?.capabilities["b"]?.executor).toMatchObject({ path: "/b", method: "GET", connection: "api" });
  });
});

describe("variables", () => {
  const api = (header: string): string =>
    `connections: { api: { baseUrl: https://a.example, headers: { X: ${header} } } }\nproxy: { expose: [{ name: x, executor: { kind: http, connection: api } }] }\n`;
  const header = async (text: string, env: { readonly [name: string]: string } = {}): Promise<unknown> => {
    const { plan, diagnostics } = await compileText(api(text), env);
    const { api: connection } = plan?.connections ?? {};
    return connection?.kind === "http"
      ? connection.headers["X"]
      : diagnostics.map(({ code, message }) => `${code} ${message}`);
  };

  it("come in by every form", async () => {
    expect(await header('"${A}-${env.A}"', { A: "one" })).toBe("one-one");
    expect(await header('"${A:-fallback}"')).toBe("fallback");
    expect(await header('"${A:-}x"', { A: "" })).toBe("x");
    expect(await header('"$${A}"')).toBe("${A}");
    expect(await header('"${A:?ask the team}"')).toEqual(["FG110 ${A} is not set: ask the team"]);
    expect(await header('"${A}"')).toEqual(["FG110 ${A} is not set"]);
    expect(await header('"${A%%x}"')).toEqual(["FG111 ${A%%x} is not a variable reference"]);
  });

  it("are not looked at again: a value that looks like a reference stays text (F53)", async () => {
    expect(await header('"${A}"', { A: "${A}" })).toBe("${A}");
  });

  it("from files come without their last line end", async () => {
    const { plan } = await compileFiles({
      "/c/gateway.yaml": `${V}${api('"${file:../run/token}"')}`,
      "/run/token": "s3cr3t\n",
    });
    expect(plan?.connections["api"]).toMatchObject({ headers: { X: "s3cr3t" } });
    expect(plan?.files).toContain("/run/token");
    expect(plan?.secrets).toEqual(["s3cr3t"]);
  });

  it("may stand for numbers and truth values", async () => {
    const { plan } = await compileText(
      'server: { watch: "${W}" }\nlimits: { links: "${N}", depth: "${D:-4}" }\n',
      { W: "true", N: "7" },
    );
    expect(plan?.server.watch).toBe(true);
    expect(plan?.limits).toMatchObject({ links: 7, depth: 4 });
  });

  it("never appear in a finding", async () => {
    const canary = "canary-5f2c";
    const compilation = await compileText(
      'connections: { api: { kind: "${S}", baseUrl: "${S}" } }\nlimits: { links: "${S}" }\nstore: { kind: "${S}" }\nworkflows: { w: { initialState: "${S}", states: { a: { transitions: { go: { target: "${S}", actor: "${S}", guards: [{ kind: expr, expr: "${S} ==" }] } } } } } }\nproxy: { expose: [{ capability: "${S}" }, { name: x, executor: { kind: http, connection: "${S}" } }] }\n',
      { S: canary },
    );
    expect(compilation.diagnostics.length).toBeGreaterThan(6);
    expect(JSON.stringify(compilation.diagnostics)).not.toContain(canary);
  });
});

describe("hostile text", () => {
  const text = async (content: string | Uint8Array): Promise<readonly string[]> =>
    codes(await compileFiles({ "/c/gateway.yaml": content }));

  it("is refused with a place", async () => {
    expect(await text("")).toEqual(["FG113 0:1"]);
    expect(await text("# nothing\n")).toEqual(["FG113 0:1"]);
    expect(await text("# a line\u2028separator\n")).toEqual(["FG113 0:1"]);
    expect(await text("null\n")).toEqual(["FG113 0:1"]);
    expect(await text("just text")).toEqual(["FG113 0:1"]);
    expect(await text(new Uint8Array([0xff, 0xfe, 0x41, 0x00]))).toEqual(["FG103 0:1"]);
    expect(await text(new Uint8Array([0xc3, 0x28]))).toEqual(["FG103 0:1"]);
    expect(await text(`${V}a: 1\n\tb: 2\n`)).toEqual(["FG102 2:1"]);
    expect(await text(`${V}---\nversion: "1.0.0"\n`)).toEqual(["FG102 1:1"]);
    expect(await text("[".repeat(10_000))).toEqual(["FG104 0:100"]);
    expect(await text("- ".repeat(10_000))).toEqual(["FG104 0:201"]);
    expect(await text(`${"a".repeat(16 * 1024 * 1024)}b`)).toEqual(["FG104 0:1"]);
    expect(await text(`${V}limits: { links: !!python/object x }\n`)).toContain("FG107 1:34");
    expect(await text(`${V}limits: { links: .inf }\n`)).toContain("FG107 1:18");
    expect(await text(`${V}a: &a [*a]\n`)).toContain("FG106 1:8");
    expect(await text(`${V}? [x]\n: 1\n? {a: b}\n: 2\n`)).toEqual(["FG105 1:3", "FG105 3:3"]);
  });

  it("with byte order mark, CRLF or JSON syntax is read", async () => {
    expect(await text(`\ufeffversion: "1.0.0"\r\nlimits:\r\n  links: 5\r\n`)).toEqual([]);
    expect(await text('{"version": "1.0.0", "limits": {"links": 5}}')).toEqual([]);
    expect(await text('{"version": "1.0.0",\n\t"limits": {"links": 5}}')).toEqual([]);
  });

  it("treats __proto__ and constructor as ordinary keys", async () => {
    expect(await text(`${V}__proto__: { x: 1 }\nconstructor: 1\n`)).toEqual(["FG201 1:1", "FG201 2:1"]);
    const { plan } = await compileText(
      "workflows:\n  w:\n    initialState: constructor\n    states:\n      constructor: { transitions: { __proto__: { target: toString, output: { __proto__: 1 } } } }\n      toString: { terminal: true }\n",
    );
    expect(Object.keys(plan?.workflows["w"]?.states["constructor"]?.transitions ?? {})).toEqual([
      "__proto__",
    ]);
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it("takes texts of a megabyte", async () => {
    const { plan } = await compileText(
      `proxy: { expose: [{ name: x, description: "${"x".repeat(1024 * 1024)}" }] }\n`,
    );
    expect(plan?.capabilities["x"]?.description).toHaveLength(1024 * 1024);
  });

  it("spells circles of includes out", async () => {
    const { diagnostics } = await compileFiles({
      "/c/a.yaml": `${V}include: [b.yaml]\n`,
      "/c/b.yaml": "include: [c.yaml]\n",
      "/c/c.yaml": "include: [a.yaml]\n",
    });
    expect(diagnostics.map(({ message }) => message)).toEqual([
      "these files include each other: /c/a.yaml → /c/b.yaml → /c/c.yaml → /c/a.yaml",
    ]);
  });
});
