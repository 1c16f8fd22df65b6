import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock } from "@mcp-flowgate/testkit";
import { exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { expect, test } from "vitest";
import { bearer, openDoor, openIssuer } from "./harness.ts";

const MINUTE = 60_000;

test("a token of the issuer names the caller, with nested claims, scopes and roles", async () => {
  const clock = createManualClock();
  await using issuer = await openIssuer(clock);
  await using door = await openDoor(
    `identity:
  providers:
    - kind: jwt
      issuer: ${issuer.url}
      audience: [other, flowgate]
      subjectPrefix: corp/
      claims: { tenant: "https://acme.example/tenant", roles: realm_access.roles, permissions: scope, kind: typ_of_caller }
  roles: { clerk: [records.propose] }`,
    clock,
  );
  const token = await issuer.sign({
    "https://acme.example/tenant": "acme",
    realm_access: { roles: ["clerk", "toString"] },
    scope: "records.read  files.*",
    typ_of_caller: "service",
  });
  expect(await door.ask(bearer(token))).toBe(
    `corp/ada@acme service [records.read files.* records.propose] jwt:${issuer.url}`,
  );
  expect(await door.ask({})).toBe("401 Say who you are: send a bearer token or an API key.");
});

test("a token that does not hold is refused, whatever is wrong with it", async () => {
  const clock = createManualClock();
  await using issuer = await openIssuer(clock);
  const stranger = await generateKeyPair("ES256");
  await using door = await openDoor(
    `identity: { kind: jwt, issuer: "${issuer.url}", audience: flowgate, jwksUrl: "${issuer.url}/jwks", claims: { tenant: tid } }`,
    clock,
  );
  const now = Math.floor(clock.now() / 1000);
  const claims = { iss: issuer.url, aud: "flowgate", sub: "ada", tid: "acme", exp: now + 300 };
  const good = await issuer.sign({ tid: "acme" });
  expect(await door.ask(bearer(good))).toContain("ada@acme");
  const [head, body, signature = ""] = good.split(".");
  const flipped = `${signature.slice(0, 20)}${signature[20] === "A" ? "B" : "A"}${signature.slice(21)}`;
  const publicPem = new TextEncoder().encode(await exportSPKI(issuer.publicKey));
  const hmac = new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "k1" });
  const forged = new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "k1" });
  const embedded = new SignJWT(claims).setProtectedHeader({
    alg: "ES256",
    jwk: { ...issuer.keys()[0], kid: "own" },
    kid: "own",
  });
  const cases: readonly (readonly [string, string, string])[] = [
    ["no signature", new UnsecuredJWT(claims).encode(), "algorithm"],
    ["HMAC with the public key", await hmac.sign(publicPem), "algorithm"],
    ["a flipped bit", `${head}.${body}.${flipped}`, "signature"],
    ["another's key under a known id", await forged.sign(stranger.privateKey), "signature"],
    ["a key that the token itself brings", await embedded.sign(stranger.privateKey), "key is not known"],
    ["another audience", await issuer.sign({ tid: "acme", aud: "elsewhere" }), "audience"],
    ["no audience", await issuer.sign({ tid: "acme", aud: undefined } as never), "audience"],
    ["another issuer", await issuer.sign({ tid: "acme", iss: "https://evil.example" }), "no issuer"],
    ["expired", await issuer.sign({ tid: "acme", exp: now - 31 }), "expired"],
    ["without an end", await issuer.sign({ tid: "acme", exp: undefined } as never), '"exp"'],
    ["not yet valid", await issuer.sign({ tid: "acme", nbf: now + 31 }), "not valid yet"],
    ["no tenant", await issuer.sign({}), "no tenant"],
    ["an empty subject", await issuer.sign({ tid: "acme", sub: "" }), "no subject"],
    ["a subject over two lines", await issuer.sign({ tid: "acme", sub: "ada\nroot" }), "no subject"],
    ["a logout token", await issuer.sign({ tid: "acme" }, { typ: "logout+jwt" }), "no access token"],
    ["too large", await issuer.sign({ tid: "acme", filler: "x".repeat(8192) }), "larger than 8192"],
    ["no token at all", "abc", "no issuer"],
    ["broken", "eyJhbGciOiJub25lIn0.eyJpc3MiOjF9.", "no issuer"],
  ];
  for (const [what, token, reason] of cases) {
    const said = await door.ask(bearer(token));
    expect(said, what).toMatch(/^401 /);
    expect(said, what).toContain(reason);
  }
  expect(await door.ask(bearer(await issuer.sign({ tid: "acme", exp: now - 29 })))).toContain("ada@acme");
  expect(await door.ask(bearer(await issuer.sign({ tid: "acme", nbf: now + 29 })))).toContain("ada@acme");
});

test("keys are fetched once, again for a new key, and not for made-up ones", async () => {
  const clock = createManualClock();
  await using issuer = await openIssuer(clock);
  await using door = await openDoor(
    `identity: { kind: jwt, issuer: "${issuer.url}", audience: flowgate }`,
    clock,
  );
  const old = await issuer.sign({});
  const answers = await Promise.all(Array.from({ length: 20 }, () => door.ask(bearer(old))));
  expect(new Set(answers)).toEqual(new Set([`ada@default agent [] jwt:${issuer.url}`]));
  expect(issuer.fetches()).toBe(1);

  await issuer.rotate("k2");
  await clock.advance(5000);
  expect(await door.ask(bearer(await issuer.sign({})))).toContain("ada@default");
  expect(await door.ask(bearer(old))).toBe("401 The token's key is not known.");
  expect(issuer.fetches()).toBe(2);

  for (let index = 0; index < 20; index++)
    expect(await door.ask(bearer(await issuer.sign({}, { kid: `made-up-${index}` })))).toMatch(/^401/);
  expect(issuer.fetches()).toBe(2);
  await clock.advance(5000);
  await door.ask(bearer(await issuer.sign({}, { kid: "made-up" })));
  expect(issuer.fetches()).toBe(3);
});

test("while the issuer is away the last keys hold for an hour, and a huge or foreign answer is none", async () => {
  const clock = createManualClock();
  await using issuer = await openIssuer(clock);
  await using door = await openDoor(
    `identity: { kind: jwt, issuer: "${issuer.url}", audience: flowgate, jwksUrl: "${issuer.url}/jwks" }`,
    clock,
  );
  issuer.misbehave((_, response) => response.end(`{"keys":[],"x":"${"x".repeat(300 * 1024)}"}`));
  expect(await door.ask(bearer(await issuer.sign({})))).toMatch(/^503 The keys of /);
  issuer.misbehave((_, response) => response.writeHead(302, { location: "/jwks" }).end());
  await clock.advance(5000);
  expect(await door.ask(bearer(await issuer.sign({})))).toMatch(/^503/);
  issuer.misbehave(undefined);
  await clock.advance(5000);
  expect(await door.ask(bearer(await issuer.sign({})))).toContain("ada");
  issuer.misbehave((_, response) => response.writeHead(500).end());
  await clock.advance(59 * MINUTE);
  expect(await door.ask(bearer(await issuer.sign({})))).toContain("ada");
  await clock.advance(2 * MINUTE);
  expect(await door.ask(bearer(await issuer.sign({})))).toMatch(/^503/);
});

test("a file of keys serves machines without a network, and is read again after a rotation", async () => {
  const clock = createManualClock();
  const folder = mkdtempSync(join(tmpdir(), "flowgate-jwks-"));
  const file = join(folder, "jwks.json");
  await using issuer = await openIssuer(clock);
  const secret = { kty: "oct", k: "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ", kid: "sym", alg: "HS256" };
  writeFileSync(file, JSON.stringify({ keys: [...issuer.keys(), secret] }));
  await using door = await openDoor(
    `identity: { kind: jwt, issuer: "${issuer.url}", audience: flowgate, jwksFile: "${file}" }`,
    clock,
  );
  expect(await door.ask(bearer(await issuer.sign({})))).toContain("ada");
  await issuer.rotate("k2");
  writeFileSync(file, JSON.stringify({ keys: issuer.keys() }));
  await clock.advance(5000);
  expect(await door.ask(bearer(await issuer.sign({})))).toContain("ada");
  expect(issuer.fetches()).toBe(0);
  rmSync(folder, { recursive: true });
});

test("several issuers stand side by side, each with a tenant of its own", async () => {
  const clock = createManualClock();
  await using acme = await openIssuer(clock);
  await using globex = await openIssuer(clock, "RS256");
  await using door = await openDoor(
    `identity:
  - { kind: jwt, issuer: "${acme.url}", audience: flowgate, tenant: acme, claims: { tenant: tid } }
  - { kind: jwt, issuer: "${globex.url}", audience: flowgate, tenant: globex }`,
    clock,
  );
  expect(await door.ask(bearer(await acme.sign({ tid: "globex" })))).toContain("ada@acme");
  expect(await door.ask(bearer(await globex.sign({})))).toContain("ada@globex");
  expect(await door.ask(bearer(await globex.sign({ iss: acme.url })))).toMatch(/^401/);
});
