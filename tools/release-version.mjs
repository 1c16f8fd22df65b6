/**
 * What a release begins with: the versions that the changesets ask for, then the gateway's version where it stands outside
 * of packages, in the chart and in `server.json` for the MCP registry.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail, root, run } from "./setup.mjs";

await run("changeset", ["version"]).catch(fail);
const { version } = JSON.parse(readFileSync(join(root, "apps/gateway/package.json"), "utf8"));
edit("deploy/helm/mcp-flowgate/Chart.yaml", (text) =>
  text.replace(/^appVersion: .*$/m, `appVersion: "${version}"`),
);
edit("server.json", (text) => text.replaceAll(/^( *"version": )".*"/gm, `$1"${version}"`));

function edit(file, change) {
  const path = join(root, file);
  writeFileSync(path, change(readFileSync(path, "utf8")));
}
