/**
 * `npm start`: installs and builds what is missing, then runs the gateway over HTTP on loopback with the quickstart
 * configuration. Arguments go on to `mcp-flowgate serve` (`npm start -- --listen 127.0.0.1:9000`).
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fail, nodePath, root, setUp, toolEnvironment } from "./setup.mjs";

const CONFIG = join("examples", "quickstart", "gateway.yaml");

try {
  await setUp();
  const api = start([join("examples", "quickstart", "orders-api.mjs")]);
  const gateway = start([
    join("apps", "gateway", "bin", "mcp-flowgate.mjs"),
    "serve",
    "--config",
    CONFIG,
    "--transport",
    "http",
    "--welcome",
    ...process.argv.slice(2),
  ]);
  // The terminal sends Ctrl-C to the whole group; a supervisor sends it to this process alone.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => gateway.kill(signal));
  gateway.once("exit", (code) => {
    api.kill("SIGTERM");
    process.exitCode = code ?? 1;
  });
} catch (error) {
  fail(error);
}

function start(args) {
  const child = spawn(nodePath(), args, { cwd: root, stdio: "inherit", env: toolEnvironment() });
  child.once("error", fail);
  return child;
}
