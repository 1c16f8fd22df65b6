/* Does what its first argument says. */
import { spawn } from "node:child_process";

const [what, ...rest] = process.argv.slice(2);
switch (what) {
  case "args":
    process.stdout.write(JSON.stringify(rest));
    break;
  case "env":
    process.stdout.write(JSON.stringify(process.env));
    break;
  case "print":
    process.stdout.write(rest[0] ?? "");
    break;
  case "exit":
    process.stdout.write("some output\n");
    process.stderr.write("first line\nthe last line says why\n");
    process.exitCode = Number(rest[0]);
    break;
  case "cat":
    process.stdin.pipe(process.stdout);
    break;
  case "kill-self":
    process.kill(process.pid, rest[0]);
    setInterval(() => undefined, 1000);
    break;
  case "stubborn":
    // Ignores SIGTERM, and so does its child; both keep the output open.
    process.on("SIGTERM", () => process.stderr.write("not yet\n"));
    if (rest[0] === "leaf") process.stdout.write(`${process.pid}\n`);
    else {
      process.stdout.write(`${process.pid}\n`);
      spawn(process.execPath, [process.argv[1], "stubborn", "leaf"], { stdio: "inherit" });
    }
    setInterval(() => undefined, 1000);
    break;
  case "polite":
    process.on("SIGTERM", () => {
      process.stdout.write("cleaned up\n");
      process.exit(0);
    });
    process.stdout.write("ready\n");
    setInterval(() => undefined, 1000);
    break;
  case "leave-behind": {
    const child = spawn(process.execPath, [process.argv[1], "sleep"], {
      stdio: rest[0] === "held" ? "inherit" : "ignore",
    });
    child.unref();
    process.stdout.write(String(child.pid));
    break;
  }
  case "sleep":
    setInterval(() => undefined, 1000);
    break;
  case "pour": {
    const block = Buffer.alloc(1024 * 1024, "0123456789abcdef");
    let left = Number(rest[0]);
    const pour = () => {
      while (left-- > 0) if (!process.stdout.write(block)) return void process.stdout.once("drain", pour);
      process.stdout.end("the end");
    };
    process.stdout.write("the beginning");
    pour();
    break;
  }
  default:
    process.exitCode = 2;
}
