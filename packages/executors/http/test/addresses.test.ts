import { createAddressPolicy } from "@mcp-flowgate/outbound";
import { describe, expect, test } from "vitest";
import { createExecutor, failureOf, listen, outputOf, toCall, toContext } from "./fixture.ts";

describe("a base URL", () => {
  test.for(["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1"])(
    "that names an address itself is dialled: %s",
    async (host) => {
      const api = await listen();
      const executor = createExecutor({ baseUrl: api.origin.replace("127.0.0.1", host) });
      expect(outputOf(await executor.execute(toCall("/"), toContext())).status).toBe(200);
    },
  );

  test("whose name leads to loopback behind the operator's back is not dialled (F49)", async () => {
    const api = await listen();
    const port = new URL(api.origin).port;
    const executor = createExecutor(
      { baseUrl: `http://rebind.example.com:${port}` },
      {
        addresses: createAddressPolicy({
          resolve: (_host, _options, callback) => callback(null, [{ address: "127.0.0.1", family: 4 }]),
        }),
      },
    );
    expect(failureOf(await executor.execute(toCall("/"), toContext()))).toEqual({
      status: "failed",
      effect: "not_sent",
      errorClass: "permanent",
      message: "The host of api leads to an address that may not be dialled.",
      detail: { code: "FLOWGATE_REFUSED_ADDRESS" },
    });
    expect(api.seen).toEqual([]);
  });

  test("is resolved once per dial: the address that was checked is the one that is dialled (F49)", async () => {
    const api = await listen();
    const port = new URL(api.origin).port;
    const answers = ["93.184.216.34", "127.0.0.1"];
    let asked = 0;
    const executor = createExecutor(
      { baseUrl: `http://rebind.example.com:${port}` },
      {
        addresses: createAddressPolicy({
          resolve: (_host, _options, callback) =>
            callback(null, [{ address: answers[asked++] ?? "", family: 4 }]),
        }),
      },
    );
    const outcome = await executor.execute(toCall("/"), toContext({ signal: AbortSignal.timeout(300) }));
    expect(failureOf(outcome).effect).toBe("not_sent");
    expect(asked).toBe(1);
    expect(api.seen).toEqual([]);
  });

  test("that the operator denies is not dialled, though it is an address", async () => {
    const api = await listen();
    const executor = createExecutor(
      { baseUrl: api.origin },
      { addresses: createAddressPolicy({ egress: { allow: [], deny: ["127.0.0.0/8"] } }) },
    );
    expect(failureOf(await executor.execute(toCall("/"), toContext()))).toMatchObject({
      effect: "not_sent",
      errorClass: "permanent",
      detail: { code: "FLOWGATE_REFUSED_ADDRESS" },
    });
    expect(api.seen).toEqual([]);
  });

  test("may be in reach while its token endpoint is not", async () => {
    const api = await listen();
    const executor = createExecutor(
      {
        baseUrl: api.origin,
        auth: {
          kind: "oauth2ClientCredentials",
          tokenUrl: api.origin.replace("127.0.0.1", "localhost"),
          clientId: "id",
          clientSecret: "s",
          scopes: [],
        },
      },
      { addresses: createAddressPolicy({ egress: { allow: [], deny: ["localhost"] } }) },
    );
    expect(failureOf(await executor.execute(toCall("/"), toContext())).effect).toBe("not_sent");
    expect(api.seen).toEqual([]);
  });
});
