import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { repository } from "../harness/gateway-process.ts";

test("servers that are killed over and over leave no process and no descriptor, and the next call is answered [R-STDIO-2]", async () => {
  const soak = join(repository, "bench/restarts/run.ts");
  const args = ["--conditions=@mcp-flowgate/source", soak, "30"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toContain("31 starts: 0 processes left");
  expect(stdout).toContain(" 0 unanswered afterwards, 0 descriptors kept");
});
