import { describe, expect, test } from "vitest";
import { createExecutor, failureOf, json, listen, outputOf, toCall, toContext } from "./fixture.ts";
import type { Api } from "./fixture.ts";

describe("credentials", () => {
  test.for([
    [{ kind: "bearer", token: "t" }, "authorization", "Bearer t"],
    [
      { kind: "basic", username: "ü", password: "p:w" },
      "authorization",
      `Basic ${Buffer.from("ü:p:w").toString("base64")}`,
    ],
    [{ kind: "apiKey", in: "header", name: "X-Api-Key", value: "k" }, "x-api-key", "k"],
  ] as const)("go into their header: %j", async ([auth, header, value]) => {
    const api = await listen();
    await createExecutor({ baseUrl: api.origin, auth }).execute(toCall("/"), toContext());
    expect(api.seen[0]?.headers[header]).toBe(value);
  });

  test("in the query take the place of what a call says, and are in no message", async () => {
    const api = await listen((_seen, response) => json(response, {}, 500));
    const executor = createExecutor({
      baseUrl: api.origin,
      auth: { kind: "apiKey", in: "query", name: "key", value: "canary" },
    });
    const failure = failureOf(await executor.execute(toCall("/", { query: [["key", "mine"]] }), toContext()));
    expect(api.seen[0]?.url).toBe("/?key=canary");
    expect(JSON.stringify(failure)).not.toContain("canary");
  });

  test("in the base URL are sent as basic authentication", async () => {
    const api = await listen();
    await createExecutor({ baseUrl: api.origin.replace("//", "//user:p%40ss@") }).execute(
      toCall("/"),
      toContext(),
    );
    expect(api.seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from("user:p@ss").toString("base64")}`);
  });
});

describe("the caller's own token", () => {
  test("goes to the listed hosts", async () => {
    const api = await listen();
    const host = new URL(api.origin).host;
    for (const hosts of [[host], ["127.0.0.1"], ["other.example", host.toUpperCase()]]) {
      const executor = createExecutor(
        { baseUrl: api.origin, auth: { kind: "forward", hosts } },
        { callerToken: ({ principal }) => `of-${principal.subject}` },
      );
      expect(outputOf(await executor.execute(toCall("/"), toContext())).status).toBe(200);
    }
    expect(new Set(api.seen.map(({ headers }) => headers.authorization))).toEqual(
      new Set(["Bearer of-anonymous"]),
    );
  });

  test.for([
    [["other.example", "127.0.0.1.evil.example", "127.0.0.1:1"], "token"],
    [[], "token"],
    [["127.0.0.1"], undefined],
  ] as const)(
    "goes nowhere else, and nothing is sent without it: hosts %j, token %s",
    async ([hosts, token]) => {
      const api = await listen();
      const executor = createExecutor(
        { baseUrl: api.origin, auth: { kind: "forward", hosts } },
        { callerToken: () => token },
      );
      expect(failureOf(await executor.execute(toCall("/"), toContext()))).toMatchObject({
        effect: "not_sent",
        errorClass: "permanent",
      });
      expect(api.seen).toEqual([]);
    },
  );
});

describe("client credentials", () => {
  const withToken = async (tokens: Api, respond?: Parameters<typeof listen>[0]) => {
    const api = await listen(respond);
    const executor = createExecutor({
      baseUrl: api.origin,
      auth: {
        kind: "oauth2ClientCredentials",
        tokenUrl: `${tokens.origin}/token`,
        clientId: "id",
        clientSecret: "s:/",
        scopes: ["a", "b"],
        audience: "api",
      },
    });
    return { api, execute: () => executor.execute(toCall("/"), toContext()) };
  };

  test("are exchanged once for a token that all calls share", async () => {
    const tokens = await listen((_seen, response) => json(response, { access_token: "t1", expires_in: 60 }));
    const { api, execute } = await withToken(tokens);
    await Promise.all([execute(), execute(), execute()]);
    await execute();
    expect(new Set(api.seen.map(({ headers }) => headers.authorization))).toEqual(new Set(["Bearer t1"]));
    expect(tokens.seen).toMatchObject([
      {
        method: "POST",
        url: "/token",
        body: "grant_type=client_credentials&scope=a+b&audience=api",
        headers: { authorization: `Basic ${Buffer.from("id:s%3A%2F").toString("base64")}` },
      },
    ]);
  });

  test("are exchanged again when the token has run out", async () => {
    let issued = 0;
    const tokens = await listen((_seen, response) =>
      json(response, { access_token: `t${++issued}`, expires_in: 0.1 }),
    );
    const { api, execute } = await withToken(tokens);
    await execute();
    await expect.poll(async () => (await execute(), issued), { interval: 50 }).toBeGreaterThan(1);
    expect(api.seen.at(-1)?.headers.authorization).toBe(`Bearer t${issued}`);
  });

  test("are exchanged again when the token is refused, once", async () => {
    let issued = 0;
    const tokens = await listen((_seen, response) =>
      json(response, { access_token: `t${++issued}`, expires_in: 3600 }),
    );
    const renewed = await withToken(tokens, (seen, response) =>
      json(response, {}, seen.headers.authorization === "Bearer t2" ? 200 : 401),
    );
    expect(outputOf(await renewed.execute()).status).toBe(200);
    expect(renewed.api.seen).toHaveLength(2);
    const refused = await withToken(tokens, (_seen, response) => json(response, {}, 401));
    expect(failureOf(await refused.execute())).toMatchObject({ effect: "failed", errorClass: "permanent" });
    expect(refused.api.seen).toHaveLength(2);
  });

  test("go into the body where the server wants them there", async () => {
    const tokens = await listen((seen, response) =>
      seen.headers.authorization === undefined
        ? json(response, { access_token: "t" })
        : json(response, {}, 401),
    );
    const { execute } = await withToken(tokens);
    expect(outputOf(await execute()).status).toBe(200);
    expect(tokens.seen[1]?.body).toBe(
      "grant_type=client_credentials&scope=a+b&audience=api&client_id=id&client_secret=s%3A%2F",
    );
  });

  test.for([
    [400, "permanent"],
    [503, "transient_error"],
    [200, "permanent"],
  ] as const)("that give no token leave the call unsent: status %i is %s", async ([status, errorClass]) => {
    const tokens = await listen((_seen, response) => json(response, { error: "canary s:/" }, status));
    const { api, execute } = await withToken(tokens);
    const failure = failureOf(await execute());
    expect(failure).toMatchObject({ effect: "not_sent", errorClass });
    expect(JSON.stringify(failure)).not.toContain("canary");
    expect(api.seen).toEqual([]);
  });
});
