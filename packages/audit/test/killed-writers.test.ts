import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readTrail, verifyTrail } from "@mcp-flowgate/audit";
import { expect, test } from "vitest";
import { temporaryFolder } from "./support/deps.ts";

const ROUNDS = Number(process.env["AUDIT_KILLS"] ?? 2);
const writer = new URL("./support/writer.ts", import.meta.url).pathname;

interface Killed {
  readonly name: string;
  /** The last event that it said was recorded. */
  readonly acknowledged: number;
}

/** Runs a writer until it has acknowledged `count` events, and then kills it as hard as the system can. */
function runAndKill(path: string, name: string, count: number): Promise<Killed> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ["--conditions=@mcp-flowgate/source", writer, path, name, "200000"],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    let output = "";
    let killed = false;
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (chunk: string) => {
      output += chunk;
      if (!killed && Number(output.trim().split("\n").at(-1)) >= count) killed = child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("close", () => {
      const whole = output.slice(0, output.lastIndexOf("\n"));
      resolve({ name, acknowledged: Number(whole.split("\n").at(-1)) });
    });
  });
}

test(
  "gateways that are killed while they write to one rotating file lose nothing that they acknowledged, and the trail verifies",
  { timeout: 30_000 + ROUNDS * 5000 },
  async () => {
    const folder = temporaryFolder();
    const path = join(folder, "audit.jsonl");
    const killed: Killed[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const pair = [runAndKill(path, `a${round}`, 20 + round), runAndKill(path, `b${round}`, 30)];
      killed.push(...(await Promise.all(pair)));
      const verdict = await verifyTrail({ path });
      expect(verdict.problem).toBeUndefined();
    }
    const last = new Map<unknown, number>();
    for await (const record of readTrail({ path })) {
      if (record.eventType !== "executor.started") continue;
      expect(record.payload["index"]).toBe((last.get(record.payload["writer"]) ?? -1) + 1);
      last.set(record.payload["writer"], record.payload["index"] as number);
    }
    for (const { name, acknowledged } of killed) expect(last.get(name)).toBeGreaterThanOrEqual(acknowledged);
    expect(readdirSync(folder).some((file) => file.endsWith(".000001"))).toBe(true);
  },
);
