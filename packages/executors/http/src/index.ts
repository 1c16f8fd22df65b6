export { createAddressPolicy } from "./address-policy.ts";
export type { AddressPolicy, Egress } from "./address-policy.ts";
export { createHttpExecutor } from "./executor.ts";
export type { HttpExecutorOptions } from "./executor.ts";
