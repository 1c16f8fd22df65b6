import { createManualClock } from "@mcp-flowgate/testkit";
import { createAddressPolicy, createOutboundFetch } from "@mcp-flowgate/outbound";
import { expect, test } from "vitest";
import { bearer, listen, openDoor } from "./harness.ts";

test("opaque tokens are asked about once in a while, and only answers of the right issuer and audience count", async () => {
  const clock = createManualClock();
  const seconds = (from: number): number => Math.floor(clock.now() / 1000) + from;
  const asked: string[] = [];
  let answer: (token: string) => object | string;
  await using server = await listen((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const [user] = Buffer.from((request.headers.authorization ?? "").slice(6), "base64")
        .toString()
        .split(":");
      const token = new URLSearchParams(body).get("token") ?? "";
      asked.push(`${user} ${token}`);
      const said = answer(token);
      response.end(typeof said === "string" ? said : JSON.stringify(said));
    });
  });
  await using door = await openDoor(
    `identity:
  - kind: introspection
    url: ${server.url}/introspect
    issuer: https://login.example.com
    audience: flowgate
    clientId: gate+way
    clientSecret: the-secret-of-the-gateway
    timeoutMs: 10000
    claims: { permissions: scope }`,
    clock,
  );
  const good = {
    active: true,
    iss: "https://login.example.com",
    aud: ["flowgate"],
    sub: "ada",
    scope: "a b",
  };
  answer = () => good;
  const said = "ada@default agent [a b] introspection:https://login.example.com";
  expect(await Promise.all([1, 2, 3].map(() => door.ask(bearer("opaque-1"))))).toEqual([said, said, said]);
  expect(asked).toEqual(["gate%2Bway opaque-1"]);
  answer = () => ({ active: false });
  expect(await door.ask(bearer("opaque-1"))).toBe(said);
  await clock.advance(30_000);
  expect(await door.ask(bearer("opaque-1"))).toBe("401 The token is not valid.");

  const wrong: readonly (readonly [object, string])[] = [
    [{ ...good, iss: "https://evil.example" }, "another issuer"],
    [{ ...good, iss: undefined }, "another issuer"],
    [{ ...good, aud: "elsewhere" }, "audience"],
    [{ ...good, aud: undefined }, "audience"],
    [{ ...good, exp: seconds(-31) }, "expired"],
    [{ ...good, nbf: seconds(31) }, "not valid yet"],
    [{ ...good, sub: undefined }, "no subject"],
    [{ ...good, active: "true" }, "cannot be asked"],
  ];
  for (const [index, [response, reason]] of wrong.entries()) {
    answer = () => response;
    expect(await door.ask(bearer(`wrong-${index}`))).toContain(reason);
  }

  // An answer does not outlive its token.
  answer = () => ({ ...good, exp: seconds(10) });
  expect(await door.ask(bearer("short"))).toBe(said);
  await clock.advance(10_000);
  answer = () => ({ active: false });
  expect(await door.ask(bearer("short"))).toBe("401 The token is not valid.");

  answer = () => "x".repeat(100_000);
  expect(await door.ask(bearer("huge"))).toMatch(/^503/);
  const before = asked.length;
  expect(await door.ask(bearer("y".repeat(8193)))).toContain("larger than 8192");
  expect(await door.ask(bearer(`fgk_ci_${"k".repeat(43)}`))).toMatch(/^401 Say who you are/);
  expect(asked.length).toBe(before);
});

test("an authorization server that server.egress denies is not asked [R-EGRESS-1]", async () => {
  let asked = 0;
  await using server = await listen((_request, response) => {
    asked++;
    response.end("{}");
  });
  const outbound = createOutboundFetch(createAddressPolicy({ egress: { allow: [], deny: ["127.0.0.0/8"] } }));
  const common = "issuer: https://login.example.com, audience: flowgate";
  await using door = await openDoor(
    `identity:
  - { kind: introspection, url: "${server.url}/introspect", ${common}, clientId: gateway, clientSecret: the-secret-of-the-gateway }
  - { kind: jwt, jwksUrl: "${server.url}/jwks", ${common} }`,
    createManualClock(),
    outbound.fetch,
  );
  expect(await door.ask(bearer("opaque"))).toMatch(/^503/);
  const [head, body] = [{ alg: "RS256" }, { iss: "https://login.example.com" }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  await using second = await openDoor(
    `identity: { kind: jwt, jwksUrl: "${server.url}/jwks", ${common} }`,
    createManualClock(),
    outbound.fetch,
  );
  expect(await second.ask(bearer(`${head}.${body}.c2lnbmF0dXJl`))).toMatch(/^503/);
  expect(asked).toBe(0);
  await outbound.close();
});
