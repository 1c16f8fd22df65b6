import { createEgressPolicy, egressFault } from "@mcp-flowgate/core";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

const policyOf = (allow: readonly string[], deny: readonly string[] = []) =>
  createEgressPolicy({ allow, deny });

describe("an entry", () => {
  test.for([
    "api.example.com",
    "API.example.com.",
    "*",
    "*.example.com",
    "10.0.0.0/8",
    "10.0.0.1",
    "2001:db8::/32",
    "::1",
    "[::1]",
    "0.0.0.0/0",
  ])("is understood: %s", (entry) => {
    expect(egressFault(entry)).toBeUndefined();
  });

  test.for([
    ["https://api.example.com", "is a URL; write the host alone"],
    ["api.example.com:443", "has a port; the policy is about hosts and addresses"],
    ["10.0.0.0/33", "needs a prefix from 0 to 32 after the slash"],
    ["2001:db8::/129", "needs a prefix from 0 to 128 after the slash"],
    ["10.0.0.1/8", "has bits set behind its prefix of 8"],
    ["10.0.0.0/8/8", "is not an address or a range of addresses"],
    ["10.0.0.*", "is not an address or a range of addresses"],
    ["10.0.0", "is not an address or a range of addresses"],
    ["api.example.com/v1", "is not an address or a range of addresses"],
    ["", "is not a host name, an address or a range of addresses"],
    ["bücher.example", "is not a host name, an address or a range of addresses"],
    ["a b", "is not a host name, an address or a range of addresses"],
  ] as const)("is refused where it says nothing: %s", ([entry, fault]) => {
    expect(egressFault(entry)).toBe(fault);
  });
});

describe("with an allow list", () => {
  test.for([
    ["api.example.com", "93.184.216.34", true],
    ["API.EXAMPLE.COM.", "93.184.216.34", true],
    ["a.b.internal.example", "93.184.216.34", true],
    ["internal.example", "93.184.216.34", false],
    ["other.example.com", "93.184.216.34", false],
    // A name alone opens no private address to itself.
    ["api.example.com", "10.9.0.1", false],
    ["api.example.com", "10.1.2.3", true],
    ["other.example.com", "10.1.2.3", true],
    ["10.1.2.3", "10.1.2.3", true],
    ["10.2.2.3", "10.2.2.3", false],
    ["192.0.2.7", "192.0.2.7", false],
  ] as const)("%s at %s: %s", ([host, address, allowed]) => {
    const policy = policyOf(["api.example.com", "*.internal.example", "10.1.0.0/16"]);
    expect(policy.mayDial(host, address)).toBe(allowed);
  });

  test("a range as wide as the internet opens no private or link-local address to a public name", () => {
    const policy = policyOf(["0.0.0.0/0", "::/0", "100.64.0.0/10"]);
    expect(policy.mayDial("api.example.com", "93.184.216.34")).toBe(true);
    for (const address of ["10.0.0.1", "127.0.0.1", "169.254.169.254", "100.100.100.200", "::1", "fd00::1"])
      expect(policy.mayDial("api.example.com", address)).toBe(false);
    expect(policy.mayDial("api.example.com", "100.64.0.1")).toBe(true);
  });

  test("the address of a metadata service is reached only where the configuration names it", () => {
    expect(policyOf([]).mayDial("169.254.169.254", "169.254.169.254")).toBe(true);
    expect(policyOf([]).mayDial("metadata", "169.254.169.254")).toBe(false);
    expect(policyOf(["169.254.169.254"]).mayDial("metadata", "169.254.169.254")).toBe(true);
  });
});

test("what is denied stays denied, however it is written", () => {
  const policy = policyOf(["*", "127.0.0.0/8"], ["bad.example.com", "127.0.0.0/8", "2001:db8::/32"]);
  for (const host of ["bad.example.com", "BAD.example.com."])
    expect(policy.mayDial(host, "93.184.216.34")).toBe(false);
  for (const address of ["127.0.0.1", "::ffff:127.0.0.1", "::ffff:7f00:1", "2001:db8:0:0::1"])
    expect(policy.mayDial("localhost", address)).toBe(false);
});

test.for([
  [["*.example.com"], [], "api.example.com", false],
  [["*.example.com"], [], "api.example.org", true],
  // The name may lead into the range.
  [["10.0.0.0/8"], [], "api.example.org", false],
  [["10.0.0.0/8"], [], "localhost", true],
  [["10.0.0.0/8"], [], "11.0.0.1", true],
  [[], ["api.example.org"], "api.example.org", true],
  [[], ["127.0.0.0/8"], "localhost", false],
  [[], ["127.0.0.0/8", "::1"], "localhost", true],
  [[], ["127.0.0.0/8"], "127.0.0.1", true],
  [[], [], "169.254.169.254", false],
] as const)("allow %j and deny %j can never dial %s: %s", ([allow, deny, host, never]) => {
  expect(policyOf(allow, deny).neverDials(host)).toBe(never);
});

test("a host that is never dialled is dialled at no address that it can lead to", () => {
  const entry = fc.constantFrom("*.example.com", "a.example.com", "10.0.0.0/8", "93.184.0.0/16", "localhost");
  const place = fc.constantFrom(
    ["a.example.com", "93.184.1.1"],
    ["a.example.com", "10.0.0.1"],
    ["b.example.org", "93.184.1.1"],
    ["b.example.org", "10.0.0.1"],
    ["db", "10.0.0.1"],
    ["localhost", "127.0.0.1"],
    ["localhost", "::1"],
    ["93.184.1.1", "93.184.1.1"],
  );
  const checked = fc.check(
    fc.property(fc.array(entry), fc.array(entry), place, (allow, deny, [host = "", address = ""]) => {
      const policy = policyOf(allow, deny);
      return !policy.neverDials(host) || !policy.mayDial(host, address);
    }),
  );
  expect(checked.counterexample).toBeNull();
});
