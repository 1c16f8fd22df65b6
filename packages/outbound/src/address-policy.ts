import { lookup as resolve } from "node:dns";
import type { LookupAddress, LookupOptions } from "node:dns";
import type { LookupFunction } from "node:net";
import type { EgressIr } from "@mcp-flowgate/core";
import { createEgressPolicy } from "@mcp-flowgate/core";

/**
 * The rules of core's `EgressPolicy`, where sockets are opened. The address that is checked is the one that is dialled:
 * the check sits in the resolver that the socket itself calls.
 */
export interface AddressPolicy {
  /** One sentence for a host that may not be dialled whatever it leads to, else `undefined`. */
  refuseHost(host: string): string | undefined;
  /** For `net.connect` and `tls.connect`, which ask it for names only. Fails with code {@link REFUSED_ADDRESS}. */
  readonly lookup: LookupFunction;
}

/** Code of the error for a host that may not be dialled, or that leads only to addresses that may not be. */
export const REFUSED_ADDRESS = "FLOWGATE_REFUSED_ADDRESS";

export interface AddressPolicyOptions {
  readonly egress?: EgressIr | undefined;
  /** The resolver of the system, unless a test has its own. */
  readonly resolve?: (
    host: string,
    options: { readonly all: true; readonly family?: number },
    callback: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
  ) => void;
}

export function createAddressPolicy(options: AddressPolicyOptions = {}): AddressPolicy {
  const policy = createEgressPolicy(options.egress ?? { allow: [], deny: [] });
  const ask = options.resolve ?? resolve;
  return {
    refuseHost: (host) =>
      policy.neverDials(host) ? "Its host may not be dialled, by the rules of server.egress." : undefined,
    lookup(host, lookupOptions: LookupOptions, callback) {
      const family = typeof lookupOptions.family === "number" ? { family: lookupOptions.family } : {};
      ask(host, { all: true, ...family }, (error, addresses) => {
        if (error !== null) {
          callback(error, "", 0);
          return;
        }
        const allowed = addresses.filter(({ address }) => policy.mayDial(host, address));
        const first = allowed[0];
        if (first === undefined) {
          callback(refusedAddress("The name leads only to addresses that may not be dialled."), "", 0);
        } else if (lookupOptions.all === true) {
          callback(null, [...allowed]);
        } else {
          callback(null, first.address, first.family);
        }
      });
    },
  };
}

/** An error that says by its code that the policy refused. */
export function refusedAddress(message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code: REFUSED_ADDRESS });
}
