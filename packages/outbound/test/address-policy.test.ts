import type { LookupAddress } from "node:dns";
import { describe, expect, test } from "vitest";
import type { EgressIr } from "@mcp-flowgate/core";
import { createAddressPolicy } from "@mcp-flowgate/outbound";

describe("a name", () => {
  test.for([
    ["api.example.com", "93.184.216.34", true],
    ["api.example.com", "2606:2800:220:1::1", true],
    ["api.example.com", "127.0.0.1", false],
    ["api.example.com", "10.1.2.3", false],
    ["api.example.com", "192.168.1.1", false],
    ["api.example.com", "100.64.0.1", false],
    ["api.example.com", "169.254.169.254", false],
    ["api.example.com", "::1", false],
    ["api.example.com", "::ffff:169.254.169.254", false],
    ["api.example.com", "::ffff:a9fe:a9fe", false],
    ["api.example.com", "::ffff:7f00:1", false],
    ["api.example.com", "64:ff9b::a9fe:a9fe", false],
    ["api.example.com", "2002:a9fe:a9fe::1", false],
    ["api.example.com", "fe80::1", false],
    ["api.example.com", "fd12:3456::1", false],
    ["api.example.com", "fd00:ec2::254", false],
    ["api.example.com", "0.0.0.0", false],
    ["api.example.com", "::", false],
    ["localhost", "127.0.0.1", true],
    ["localhost", "::1", true],
    ["localhost", "169.254.169.254", false],
    ["payments", "10.1.2.3", true],
    ["payments.default.svc.cluster.local", "10.1.2.3", true],
    ["metadata.google.internal", "169.254.169.254", false],
    ["db.internal.", "172.16.0.9", true],
    ["local.evil.example", "10.1.2.3", false],
  ] as const)("%s leads to %s: %s", async ([host, address, allowed]) => {
    expect((await lookup(host, [address])).length > 0).toBe(allowed);
  });

  test("that leads to allowed and forbidden addresses leads to the allowed ones", async () => {
    expect(await lookup("api.example.com", ["10.0.0.1", "93.184.216.34", "::1"])).toEqual(["93.184.216.34"]);
  });

  test("follows what the operator allows and denies, denials first", async () => {
    const egress = { allow: ["10.1.0.0/16", "*.corp.example"], deny: ["10.1.9.0/24", "bad.corp.example"] };
    expect(await lookup("api.example.com", ["10.1.2.3", "10.2.2.3"], egress)).toEqual(["10.1.2.3"]);
    expect(await lookup("api.example.com", ["93.184.216.34"], egress)).toEqual([]);
    expect(await lookup("hr.corp.example", ["93.1.1.1", "10.1.2.3", "192.168.0.1"], egress)).toEqual([
      "93.1.1.1",
      "10.1.2.3",
    ]);
    expect(await lookup("hr.corp.example", ["10.1.9.9"], egress)).toEqual([]);
    expect(await lookup("bad.corp.example", ["93.1.1.1"], egress)).toEqual([]);
  });
});

function lookup(host: string, addresses: readonly string[], egress?: EgressIr): Promise<readonly string[]> {
  const policy = createAddressPolicy({
    egress,
    resolve: (_host, _options, callback) =>
      callback(
        null,
        addresses.map((address): LookupAddress => ({ address, family: address.includes(":") ? 6 : 4 })),
      ),
  });
  return new Promise((resolve) => {
    policy.lookup(host, { all: true }, (error, found) => {
      resolve(error === null && Array.isArray(found) ? found.map(({ address }) => address) : []);
    });
  });
}
