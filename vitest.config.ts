import { existsSync, globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { defineConfig } from "vitest/config";

/**
 * One project per package that has tests. The source condition makes every test run the TypeScript
 * sources, never a stale `dist`; tests of whole processes run a bundle that is made of them.
 */
const gatewaySetup = join(import.meta.dirname, "packages/testkit/src/gateway-setup.ts");
const WHOLE_PROCESSES = ["test/conformance", "test/docs", "test/e2e"];
const folders = globSync("{packages/*,packages/*/*,apps/*,test/*,bench}/package.json")
  .map((file) => dirname(file))
  .filter((folder) => existsSync(`${folder}/test`) || folder.startsWith("test/"))
  .sort();

export default defineConfig({
  ssr: { resolve: { conditions: ["@mcp-flowgate/source"], externalConditions: ["@mcp-flowgate/source"] } },
  resolve: { conditions: ["@mcp-flowgate/source"] },
  test: {
    passWithNoTests: false,
    globalSetup: ["./packages/testkit/src/vitest-setup.ts"],
    setupFiles: [join(import.meta.dirname, "packages/testkit/src/property-seed.ts")],
    reporters: ["default"],
    // Tests of whole processes wait more than they work: two at a time pay off on two cores as well.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: folders.map((folder) => ({
      extends: true as const,
      test: {
        name: folder,
        root: `./${folder}`,
        globalSetup: WHOLE_PROCESSES.includes(folder) ? [gatewaySetup] : [],
        include: folder.startsWith("test/") ? ["**/*.test.ts"] : ["test/**/*.test.ts"],
        // No test changes what its process shares with others, and none mocks a module: files of one project can follow
        // each other in one process, where what they import stays loaded. Stores and killed processes hold connections,
        // files and native code, which end with their process.
        isolate: folder.startsWith("packages/stores/") || folder === "test/chaos",
        testTimeout: folder.startsWith("test/") ? 120_000 : 30_000,
        hookTimeout: 60_000,
      },
    })),
  },
});
