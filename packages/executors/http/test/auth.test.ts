import type { CallerCredentials } from "@mcp-flowgate/core";
import { createTokenSource } from "@mcp-flowgate/outbound";
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
  const credentials: CallerCredentials = { bearer: () => "of-ada" };
  const none: CallerCredentials = { bearer: () => undefined };

  test("goes to the listed hosts", async () => {
    const api = await listen();
    const host = new URL(api.origin).host;
    for (const hosts of [[host], ["127.0.0.1"], ["other.example", host.toUpperCase()]]) {
      const executor = createExecutor({ baseUrl: api.origin, auth: { kind: "forward", hosts } });
      const outcome = await executor.execute(toCall("/"), toContext({ credentials }));
      expect(outputOf(outcome).status).toBe(200);
    }
    expect(new Set(api.seen.map(({ headers }) => headers.authorization))).toEqual(new Set(["Bearer of-ada"]));
  });

  test.for([
    [["other.example", "127.0.0.1.evil.example", "127.0.0.1:1"], { credentials }],
    [[], { credentials }],
    [["127.0.0.1"], {}],
    [["127.0.0.1"], { credentials: none }],
  ] as const)(
    "goes nowhere else, and nothing is sent without it, not even the gateway's own: hosts %j, %j",
    async ([hosts, context]) => {
      const api = await listen();
      const executor = createExecutor({
        baseUrl: api.origin,
        auth: { kind: "forward", hosts, ownToken: "own" },
      });
      expect(failureOf(await executor.execute(toCall("/"), toContext(context)))).toMatchObject({
        effect: "not_sent",
        errorClass: "permanent",
      });
      expect(api.seen).toEqual([]);
    },
  );

  test("does not follow a redirect to another host (F49)", async () => {
    const other = await listen();
    const api = await listen((_seen, response) =>
      response.writeHead(307, { location: other.origin.replace("127.0.0.1", "localhost") }).end(),
    );
    const executor = createExecutor({
      baseUrl: api.origin,
      auth: { kind: "forward", hosts: ["127.0.0.1", "localhost"] },
    });
    expect(failureOf(await executor.execute(toCall("/"), toContext({ credentials }))).effect).toBe("failed");
    expect(other.seen).toEqual([]);
  });
});

describe("a token exchange", () => {
  const exchanging = async (tokens: Api, respond?: Parameters<typeof listen>[0]) => {
    const api = await listen(respond);
    const executor = createExecutor({
      baseUrl: api.origin,
      auth: {
        kind: "tokenExchange",
        tokenUrl: `${tokens.origin}/token`,
        clientId: "gw",
        clientSecret: "s",
        scopes: ["pay"],
        audience: "payroll",
        resource: "https://payroll.example.com",
        subjectTokenType: "urn:ietf:params:oauth:token-type:jwt",
      },
    });
    const execute = (bearer: string) =>
      executor.execute(toCall("/"), toContext({ credentials: { bearer: () => bearer } }));
    return { api, execute };
  };
  const issuing = (life: number): Promise<Api> =>
    listen((seen, response) =>
      json(response, {
        access_token: `for-${new URLSearchParams(seen.body).get("subject_token")}`,
        issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
        token_type: "Bearer",
        expires_in: life,
      }),
    );

  test("happens once for each caller's token, which itself goes to the token endpoint only", async () => {
    const tokens = await issuing(3600);
    const { api, execute } = await exchanging(tokens);
    await Promise.all([execute("ada"), execute("ada"), execute("bob")]);
    await execute("ada");
    expect(api.seen.map(({ headers }) => headers.authorization).toSorted()).toEqual([
      "Bearer for-ada",
      "Bearer for-ada",
      "Bearer for-ada",
      "Bearer for-bob",
    ]);
    expect(tokens.seen).toHaveLength(2);
    expect(Object.fromEntries(new URLSearchParams(tokens.seen[0]?.body))).toEqual({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: "ada",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      resource: "https://payroll.example.com",
      scope: "pay",
      audience: "payroll",
    });
    expect(tokens.seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from("gw:s").toString("base64")}`);
  });

  test("happens again when the token has run out or was refused", async () => {
    const brief = await issuing(0.05);
    const first = await exchanging(brief);
    await first.execute("ada");
    await expect.poll(async () => (await first.execute("ada"), brief.seen.length)).toBeGreaterThan(1);
    const tokens = await issuing(3600);
    const refused = await exchanging(tokens, (_seen, response) => json(response, {}, 401));
    expect(failureOf(await refused.execute("ada")).effect).toBe("failed");
    expect(tokens.seen).toHaveLength(2);
  });

  test("without a caller's token, or that is refused, leaves the call unsent and repeats no answer", async () => {
    const tokens = await listen((_seen, response) =>
      json(response, { error: "invalid_target", error_description: "canary" }, 400),
    );
    const { api, execute } = await exchanging(tokens);
    const failure = failureOf(await execute("ada"));
    expect(failure).toEqual({
      status: "failed",
      effect: "not_sent",
      errorClass: "permanent",
      message: "The token endpoint gave no token (status 400, invalid_target).",
    });
    expect(api.seen).toEqual([]);
  });

  test("is kept for a bounded number of callers, the least recently used going first", async () => {
    const tokens = createTokenSource({
      fetch: (_url, init) => {
        asked.push(String(new URLSearchParams(String(init?.body)).get("subject_token")));
        return Promise.resolve(Response.json({ access_token: "t", expires_in: 3600 }));
      },
      monotonic: () => 0,
    });
    const asked: string[] = [];
    const auth = {
      kind: "tokenExchange",
      tokenUrl: "https://login.example.com",
      scopes: [],
      subjectTokenType: "t",
    } as const;
    const ask = (subjectToken: string) => tokens.token({ kind: "exchange", auth, subjectToken });
    for (let caller = 0; caller < 1000; caller++) await ask(`c${caller}`);
    await ask("c0");
    await ask("c1000");
    expect(asked).toHaveLength(1001);
    await ask("c0");
    expect(asked).toHaveLength(1001);
    await ask("c1");
    expect(asked).toHaveLength(1002);
  });
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
