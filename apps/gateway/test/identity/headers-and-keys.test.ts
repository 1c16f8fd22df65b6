import { createManualClock } from "@mcp-flowgate/testkit";
import { expect, test } from "vitest";
import { hashKey, newKey } from "../../src/identity/api-key-hash.ts";
import { openDoor, planOf } from "./harness.ts";

const HEADERS = "subject: X-User, tenant: X-Tenant, roles: X-Roles, permissions: X-Perms, callerKind: X-Kind";
const SECRET = "aJ4k-92mZ-qPf3-77Lx";

test("headers of a trusted proxy name the caller", async () => {
  await using door = await openDoor(
    `identity:
  providers: [{ kind: trustedHeaders, ${HEADERS}, trustedProxies: [10.0.0.0/8, 127.0.0.0/8] }]
  roles: { clerk: [records.propose] }`,
    createManualClock(),
  );
  const ada = {
    "x-user": "ada",
    "x-tenant": "acme",
    "x-roles": "clerk, other",
    "x-perms": "a",
    "x-kind": "service",
  };
  expect(await door.ask(ada)).toBe("ada@acme service [a records.propose] trustedHeaders");
  expect(await door.ask({ ...ada, "x-user": ["ada", "root"] })).toMatch(/^401 .*more than once/);
  expect(await door.ask({ ...ada, "x-tenant": ["acme", "globex"] })).toMatch(/^401 .*more than once/);
  expect(await door.ask({ "x-user": "ada" })).toBe("401 The proxy names no tenant.");
  expect(await door.ask({ "x-user": "", "x-tenant": "acme" })).toBe("401 The proxy names no subject.");
  expect(await door.ask({})).toMatch(/^401/);
});

test("headers of anybody else are ignored and the call is refused, also where others may be anonymous", async () => {
  await using door = await openDoor(
    `identity:
  - { kind: trustedHeaders, ${HEADERS}, trustedProxies: [10.0.0.0/8, "2001:db8::/32"] }
  - { kind: anonymous }`,
    createManualClock(),
  );
  expect(await door.ask({ "x-user": "root", "x-tenant": "acme" })).toMatch(
    /^401 .*not accepted from this address/,
  );
  expect(await door.ask({ "x-user": "root", "x-tenant": "acme", "x-forwarded-for": "10.0.0.1" })).toMatch(
    /^401/,
  );
  expect(await door.ask({})).toBe("anonymous@default agent [] anonymous");
});

test("a shared secret stands for the proxy, or besides its address", async () => {
  const secret = `secretHeader: { name: X-Proxy-Secret, value: ${SECRET} }`;
  await using door = await openDoor(
    `identity: { kind: trustedHeaders, subject: X-User, ${secret} }`,
    createManualClock(),
  );
  expect(await door.ask({ "x-user": "ada", "x-proxy-secret": SECRET })).toContain("ada@default");
  expect(await door.ask({ "x-user": "ada", "x-proxy-secret": `${SECRET}x` })).toMatch(/^401/);
  expect(await door.ask({ "x-user": "ada", "x-proxy-secret": [SECRET, "x"] })).toMatch(/^401/);
  expect(await door.ask({ "x-user": "ada" })).toMatch(/^401/);
  await using both = await openDoor(
    `identity: { kind: trustedHeaders, subject: X-User, trustedProxies: [10.0.0.0/8], ${secret} }`,
    createManualClock(),
  );
  expect(await both.ask({ "x-user": "ada", "x-proxy-secret": SECRET })).toMatch(/^401/);
});

test("keys are known by their hashes, overlap while they are rotated, and end when they say", async () => {
  const clock = createManualClock(Date.parse("2026-12-31T23:59:00Z"));
  const [old, next, short] = [newKey("ci-1"), newKey("ci-2"), "a-key-made-by-hand-9"];
  await using door = await openDoor(
    `identity:
  - kind: apiKeys
    keys:
      - { id: ci-1, hash: "${await hashKey(old)}", subject: ci, tenant: acme, kind: service, expiresAt: 2027-01-01 }
      - { id: ci-2, hash: "${await hashKey(next)}", subject: ci, tenant: acme, permissions: [a] }
      - { id: hand, hash: "${await hashKey(short)}", subject: hand, kind: human }`,
    clock,
  );
  expect(await door.ask({ "x-api-key": old })).toBe("ci@acme service [] apiKey:ci-1");
  expect(await door.ask({ authorization: `bearer ${next}` })).toBe("ci@acme agent [a] apiKey:ci-2");
  expect(await door.ask({ "x-api-key": short })).toBe("hand@default human [] apiKey:hand");
  const wrong = newKey("ci-2");
  expect(await door.ask({ "x-api-key": wrong })).toBe("401 The API key is not known.");
  expect(await door.ask({ "x-api-key": wrong })).toBe("401 The API key is not known.");
  expect(await door.ask({ "x-api-key": "x".repeat(513) })).toBe("401 The API key is not known.");
  await clock.advance(60_000);
  expect(await door.ask({ "x-api-key": old })).toBe("401 The API key has expired.");
  expect(await door.ask({ "x-api-key": next })).toContain("ci@acme");
});

test("somebody whose key is not known does not go on as nobody", async () => {
  await using door = await openDoor(
    `identity:
  - { kind: apiKeys, keys: [{ id: a, hash: "${await hashKey("a-key-made-by-hand-9")}", subject: a }] }
  - { kind: anonymous }`,
    createManualClock(),
  );
  expect(await door.ask({ "x-api-key": "another-key-entirely" })).toBe("401 The API key is not known.");
  expect(await door.ask({})).toContain("anonymous@default");
});

test("guessing keys in parallel is turned away before it uses up the machine", async () => {
  await using door = await openDoor(
    `identity: { kind: apiKeys, keys: [{ id: a, hash: "${await hashKey("a-key-made-by-hand-9")}", subject: a }] }`,
    createManualClock(),
  );
  const said = await Promise.all(
    Array.from({ length: 30 }, (_, index) => door.ask({ "x-api-key": `guess-number-${index}-of-thirty` })),
  );
  expect(said.filter((each) => each.startsWith("503")).length).toBeGreaterThan(0);
  expect(said.every((each) => /^(401|503)/.test(each))).toBe(true);
  expect(await door.ask({ "x-api-key": "a-key-made-by-hand-9" })).toContain("a@default");
});

test.each([
  ["a short key", "identity: { kind: apiKeys, keys: [{ id: a, key: short, subject: a }] }", "FG621"],
  [
    "a known word",
    "identity: { kind: apiKeys, keys: [{ id: a, key: please-ChangeMe-now, subject: a }] }",
    "FG621",
  ],
  [
    "one letter",
    "identity: { kind: apiKeys, keys: [{ id: a, key: aaaaaaaaaaaaaaaaaaaaaaaa, subject: a }] }",
    "FG621",
  ],
  [
    "a default proxy secret",
    "identity: { kind: trustedHeaders, subject: X, secretHeader: { name: S, value: my-default-secret-1 } }",
    "FG621",
  ],
  ["a key without anything to check", "identity: { kind: apiKeys, keys: [{ id: a, subject: a }] }", "FG620"],
  [
    "a hash that is none",
    "identity: { kind: apiKeys, keys: [{ id: a, hash: sha256$abc, subject: a }] }",
    "FG620",
  ],
  [
    "headers from anybody",
    "identity: { kind: trustedHeaders, subject: X, trustedProxies: [0.0.0.0/0] }",
    "FG620",
  ],
  ["no network", "identity: { kind: trustedHeaders, subject: X, trustedProxies: [10.0.0.300/8] }", "FG620"],
  ["certificates that nobody checks", "identity: { kind: mtls }", "FG620"],
  ["a revocation list of nobody", "server: { http: { tls: { cert: c, key: k, crl: r } } }", "FG620"],
  [
    "symmetric signatures",
    'identity: { kind: jwt, issuer: "https://i.example", audience: a, algorithms: [HS256] }',
    "FG20",
  ],
  ["no audience", 'identity: { kind: jwt, issuer: "https://i.example", audience: [] }', "FG20"],
  ["a misspelt kind", "identity: { kind: jwts }", "FG20"],
  ["no way at all", "identity: []", "FG204"],
])("%s is refused before anything starts", async (_, identity, code) => {
  await expect(planOf(identity)).rejects.toThrow(code);
});
