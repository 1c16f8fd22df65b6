import { describe } from "vitest";
import { describeAudit } from "@mcp-flowgate/store-testkit";
import { createAuditChain } from "../src/index.ts";
import { createSharedBench } from "./support/shared.ts";

describe("audit records are dense and chained (W15)", () => {
  describeAudit(createSharedBench, createAuditChain);
});
