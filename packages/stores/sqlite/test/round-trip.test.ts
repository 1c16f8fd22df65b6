import { describe } from "vitest";
import { describeRoundTrip } from "@mcp-flowgate/store-testkit";
import { fromKey, toKey } from "../src/keys.ts";
import { createSharedBench } from "./support/shared.ts";

describe("whatever goes in comes back (S5, F25)", () => {
  describeRoundTrip(createSharedBench, { fromKey, toKey, wide: 5_000_000 });
});
