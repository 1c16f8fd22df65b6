// Nothing else is imported before this check: newer syntax and native modules fail in ways that say nothing.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`flowgate-check needs Node.js 22.19 or newer; this is ${process.versions.node}\n`);
  process.exitCode = 2;
} else {
  const { runCli } = await import("./cli.ts");
  process.exitCode = await runCli(process.argv.slice(2));
}
