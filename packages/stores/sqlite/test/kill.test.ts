import { describeKills } from "@mcp-flowgate/store-testkit";
import { createSharedBench } from "./support/shared.ts";

describeKills(createSharedBench, 52);
