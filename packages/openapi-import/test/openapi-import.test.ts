import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { compilePathTemplate, compileTemplate, type Scope } from "@mcp-flowgate/guards-expr";
import { createSchemas } from "@mcp-flowgate/json-schema";
import { listOperations, readDocument, type OperationList } from "@mcp-flowgate/openapi-import";
import type { JsonObject } from "@mcp-flowgate/core";
import { describe, expect, it } from "vitest";

const PUBLISHED = dirname(createRequire(import.meta.url).resolve("@readme/oas-examples/package.json"));

function operationsOf(document: object | string): OperationList {
  const read = readDocument(typeof document === "string" ? document : JSON.stringify(document));
  if (!read.ok) throw new Error(`${read.error.pointer}: ${read.error.message}`);
  return listOperations(read.value);
}

const base = (paths: object, rest: object = {}): object => ({
  openapi: "3.1.0",
  info: { title: "t", version: "1" },
  paths,
  ...rest,
});

describe("published documents", () => {
  const files = globSync(`${PUBLISHED}/{2.0/{json,yaml},{3.0,3.1}/json}/*.{json,yaml}`);

  it("are there in all versions and both notations", () => expect(files.length).toBeGreaterThan(60));

  it("give operations whose schemas and templates compile", () => {
    const schemas = createSchemas();
    const broken: string[] = [];
    let count = 0;
    for (const file of files) {
      const read = readDocument(readFileSync(file, "utf8"));
      if (!read.ok) {
        if (!file.includes("webhooks")) broken.push(`${file}: ${read.error.message}`);
        continue;
      }
      for (const { name, inputSchema, executor } of listOperations(read.value).operations) {
        count++;
        const templates = [
          ...Object.values(executor.query),
          ...Object.values(executor.headers),
          executor.body ?? null,
        ];
        if (!schemas.compile(inputSchema).ok || !compilePathTemplate(executor.path).ok)
          broken.push(`${file}: ${name}`);
        for (const template of templates) if (!compileTemplate(template).ok) broken.push(`${file}: ${name}`);
      }
    }
    expect(broken).toEqual([]);
    expect(count).toBeGreaterThan(500);
  });

  it("say the same in every version and notation", () => {
    const names = [
      "2.0/json/petstore.json",
      "3.0/json/petstore.json",
      "3.1/json/petstore.json",
      "3.0/yaml/petstore.yaml",
    ].map((file) =>
      operationsOf(readFileSync(join(PUBLISHED, file), "utf8"))
        .operations.map(({ name }) => name)
        .sort(),
    );
    expect(names[0]).toContain("getPetById");
    for (const other of names)
      expect(other).toEqual(
        expect.arrayContaining(["addPet", "findPetsByStatus", "getPetById", "loginUser"]),
      );
    expect(names[3]).toEqual(names[1]);
  });
});

describe("an operation", () => {
  const list = operationsOf(
    base(
      {
        "/shops/{id}/pets/{petId}": {
          parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
          post: {
            operationId: "pets/add",
            summary: "Adds a pet",
            description: "To a shop.",
            tags: ["pets"],
            deprecated: true,
            parameters: [
              { $ref: "#/components/parameters/Id" },
              { name: "tag", in: "query", schema: { type: "array", items: { type: "string" } } },
              {
                name: "fields",
                in: "query",
                explode: false,
                description: "What to return.",
                schema: { type: "array", items: { type: "string" } },
              },
              {
                name: "filter",
                in: "query",
                style: "deepObject",
                schema: { type: "object", properties: { age: { type: "integer" } } },
              },
              { name: "X-Trace", in: "header", schema: { type: "string" } },
              { name: "Authorization", in: "header", required: true, schema: { type: "string" } },
              { name: "session", in: "cookie", schema: { type: "string" } },
              { name: "body", in: "query", required: true, schema: { type: "boolean" } },
            ],
            requestBody: {
              required: true,
              content: { "application/json": { schema: { $ref: "#/components/schemas/Pet" } } },
            },
          },
        },
      },
      {
        components: {
          parameters: { Id: { name: "id", in: "query", schema: { type: "integer" } } },
          schemas: {
            Pet: {
              type: "object",
              required: ["key", "name"],
              properties: {
                key: { type: "string", readOnly: true },
                name: { type: "string" },
                parent: { $ref: "#/components/schemas/Pet" },
              },
            },
          },
        },
      },
    ),
  );

  it("has one argument for each value, whatever part of the request it goes to", () => {
    expect(list.problems).toEqual([]);
    const pet = {
      type: "object",
      required: ["name"],
      properties: { name: { type: "string" }, parent: { $ref: "#/$defs/Pet" } },
    };
    expect(list.operations).toMatchObject([
      {
        name: "pets_add",
        title: "Adds a pet",
        description: "Deprecated. To a shop.",
        tags: ["pets"],
        annotations: { readOnlyHint: false, idempotentHint: false, destructiveHint: false },
        inputSchema: {
          type: "object",
          additionalProperties: false,
          required: ["id", "body", "petId", "body_content"],
          properties: {
            id: { type: "string" },
            id_query: { type: "integer" },
            tag: { type: "array" },
            fields: { type: "string", description: "What to return. Values separated by commas." },
            "filter[age]": { type: "integer" },
            "X-Trace": { type: "string" },
            body: { type: "boolean" },
            petId: { type: "string" },
            body_content: { $ref: "#/$defs/Pet" },
          },
          $defs: { Pet: pet },
        },
      },
    ]);
    expect(Object.keys(list.operations[0]?.inputSchema["properties"] as JsonObject)).toHaveLength(9);
  });

  it("puts each value where it belongs, and leaves out what was not given", () => {
    const executor = list.operations[0]?.executor;
    const scope = (args: JsonObject): Scope =>
      ({
        arguments: args,
        context: { petId: "from-context" },
        workflow: { id: "w", input: {}, state: "s", version: 0, startedAt: "" },
        principal: { subject: "a", roles: [], permissions: [] },
      }) as unknown as Scope;
    const path = compilePathTemplate(executor?.path ?? "");
    if (!path.ok) throw new Error("path");
    expect(path.value.resolve(scope({ id: "a/../b?x=1#y", petId: "ü %2e" }))).toEqual({
      ok: true,
      value: "/shops/a%2F..%2Fb%3Fx%3D1%23y/pets/%C3%BC%20%252e",
    });
    for (const petId of ["..", "%2e%2e", ""])
      expect(path.value.resolve(scope({ id: "a", petId })).ok).toBe(false);
    expect(path.value.resolve(scope({ id: "a" })).ok).toBe(false);
    const query = compileTemplate(executor?.query as never);
    if (!query.ok) throw new Error("query");
    expect(query.value.resolve(scope({ id: "a", body: true, "filter[age]": 3 }))).toEqual({
      ok: true,
      value: { id: null, tag: null, fields: null, "filter[age]": 3, body: true },
    });
  });
});

describe("a document that cannot be used", () => {
  it("is refused with the place and the reason", () => {
    const refused = (text: string) => {
      const read = readDocument(text);
      return read.ok ? undefined : read.error;
    };
    expect(refused("openapi: 3.1.0\npaths: [")?.message).toMatch(/not YAML: .*line 2/);
    expect(refused('{"openapi": ')?.message).toMatch(/not JSON/);
    expect(refused("[]")?.message).toBe("an OpenAPI document is a map of keys");
    expect(refused("paths: {}")?.message).toMatch(/does not say/);
    expect(refused('{"openapi":"4.0.0","paths":{}}')).toMatchObject({
      pointer: "/openapi",
      message: expect.stringContaining("version 4.0.0"),
    });
    expect(refused('{"swagger":"1.2","paths":{}}')).toMatchObject({ pointer: "/swagger" });
    expect(refused('{"openapi":"3.1.0"}')).toMatchObject({ pointer: "/paths" });
    expect(refused(" ".repeat(32 * 1024 * 1024 + 1))?.message).toMatch(/larger than 32 MiB/);
    expect(
      refused(
        `openapi: 3.1.0\npaths: {}\na: &a [x,x]\n${Array.from({ length: 30 }, (_, i) => `${"bcdefghijklmnopqrstuvwxyzABCDE"[i]}: &${"bcdefghijklmnopqrstuvwxyzABCDE"[i]} [*${"abcdefghijklmnopqrstuvwxyzABCD"[i]},*${"abcdefghijklmnopqrstuvwxyzABCD"[i]}]`).join("\n")}`,
      )?.message,
    ).toMatch(/more than 4000000 values|not YAML/);
  });

  it("loses only the operations that cannot be called, each with its pointer", () => {
    const ok = { operationId: "fine" };
    const { operations, problems } = operationsOf(
      base(
        {
          "/fine": { get: ok },
          "/remote": {
            get: { operationId: "remote", parameters: [{ $ref: "https://evil.example/p.yaml#/P" }] },
          },
          "/file": {
            post: {
              operationId: "file",
              requestBody: {
                required: true,
                content: { "application/json": { schema: { $ref: "./other.yaml" } } },
              },
            },
          },
          "/gone": { get: { operationId: "gone", parameters: [{ $ref: "#/components/parameters/Gone" }] } },
          "/circle": { get: { operationId: "circle", parameters: [{ $ref: "#/components/parameters/A" }] } },
          "/upload": {
            post: {
              operationId: "upload",
              requestBody: { required: true, content: { "multipart/form-data": {} } },
            },
          },
          "/twice": { get: ok },
          "/bro{ken": { get: { operationId: "broken" } },
          "/text": { get: "nothing" },
          "/item": 7,
        },
        {
          components: {
            parameters: {
              A: { $ref: "#/components/parameters/B" },
              B: { $ref: "#/components/parameters/A" },
            },
          },
        },
      ),
    );
    expect(operations.map(({ name }) => name)).toEqual(["fine"]);
    expect(problems.map(({ pointer, message }) => `${pointer}: ${message}`)).toEqual([
      "/paths/~1remote/get/parameters/0: refers to another document (`https://evil.example/p.yaml#/P`); only references within the document are followed",
      expect.stringContaining("refers to another document (`./other.yaml`)"),
      "/components/parameters/Gone: there is nothing at this reference",
      expect.stringContaining("its references lead on and on"),
      "/paths/~1upload/post/requestBody/content: its body is multipart/form-data; JSON, forms and text can be sent",
      '/paths/~1twice/get: its name "fine" is taken by /paths/~1fine/get',
      "/paths/~1bro{ken/get: the path `/bro{ken` has an unmatched brace",
      "/paths/~1text/get: is missing or no object",
      "/paths/~1item: is missing or no object",
    ]);
  });

  it("never throws, whatever is in it", () => {
    const document = fc.dictionary(
      fc.constantFrom("/a", "/b/{id}", "/{", "x-y"),
      fc.dictionary(
        fc.constantFrom("get", "post", "parameters", "$ref"),
        fc.oneof(
          fc.jsonValue(),
          fc.record({
            parameters: fc.array(
              fc.record(
                {
                  name: fc.constantFrom("id", "", 'a]"['),
                  in: fc.constantFrom("path", "query", "header", "x"),
                  schema: fc.jsonValue(),
                  $ref: fc.constantFrom("#/paths/~1a", "#", "##", "#/%zz"),
                },
                { requiredKeys: [] },
              ),
            ),
            requestBody: fc.jsonValue(),
          }),
        ),
      ),
    );
    fc.assert(
      fc.property(document, (paths) => {
        const read = readDocument(JSON.stringify(base(paths)));
        const { operations } = read.ok ? listOperations(read.value) : { operations: [] };
        for (const { executor } of operations) expect(executor.path).toMatch(/^\//);
      }),
      { numRuns: 40 },
    );
  });
});
