export { createAuditChain, GENESIS_HASH, linkRecord, streamOf } from "./audit-chain.ts";
export type { AuditChain, AuditHead, AuditLine } from "./audit-chain.ts";
