export { createAuditChain, GENESIS_HASH, linkRecord, streamOf } from "./audit-chain.ts";
export type { AuditChain, AuditHead, AuditLine } from "./audit-chain.ts";
export { freezeJson, fromJsonText, toJsonText, writeAs } from "./json-text.ts";
export type { Fidelity } from "./json-text.ts";
