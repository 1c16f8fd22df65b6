import type { AddressPolicy } from "./address-policy.ts";
import { refusedAddress } from "./address-policy.ts";

/** `fetch` as far as it is used here. */
export type Fetch = (url: URL | string, init?: RequestInit) => Promise<Response>;

/** A `fetch` that dials only what a policy lets it. */
export interface OutboundFetch {
  readonly fetch: Fetch;
  /** Ends its sockets. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * The sockets of every request, and of every redirect that `fetch` follows by itself, go through the policy. A host that
 * may not be dialled fails with an error whose cause has the code `FLOWGATE_REFUSED_ADDRESS`, like one that leads nowhere.
 */
export function createOutboundFetch(policy: AddressPolicy): OutboundFetch {
  let opened: Promise<OutboundFetch> | undefined;
  let closed = false;
  return {
    async fetch(url, init) {
      if (closed) throw new TypeError("fetch failed: its sockets are closed");
      opened ??= open(policy);
      return (await opened).fetch(url, init);
    },
    async close() {
      closed = true;
      await (await opened)?.close();
    },
  };
}

/** The library costs more to load than most of a start, and many gateways never dial: the first request loads it. */
async function open(policy: AddressPolicy): Promise<OutboundFetch> {
  const { Agent, fetch } = await import("undici");
  const agent = new Agent({
    allowH2: false,
    connect: { lookup: policy.lookup, timeout: CONNECT_TIMEOUT_MS },
    // Whoever asks has a deadline, and streams of events are silent for as long as nothing happens.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const guarded = agent.compose((dispatch) => (options, handler) => {
    const refusal = policy.refuseHost(new URL(String(options.origin)).hostname);
    if (refusal !== undefined) throw refusedAddress(refusal);
    return dispatch(options, handler);
  });
  return {
    fetch: async (url, init) =>
      (await fetch(url, { ...(init as object), dispatcher: guarded })) as unknown as Response,
    close: () => agent.destroy(),
  };
}
