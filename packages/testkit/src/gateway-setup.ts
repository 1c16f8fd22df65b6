import { bundleGateway } from "./gateway-bundle.ts";

/** Where the tests of whole processes find the gateway that they run. */
const FOLDER = "FLOWGATE_TEST_GATEWAY";

/** What vitest calls before the tests of whole processes, once for each of their projects. */
export async function setup(): Promise<void> {
  process.env[FOLDER] ??= await bundleGateway();
}
