import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../harness/gateway-process.ts";
import { walk } from "./walk.ts";

test("simple-proxy shows what was chosen, under its own names, and nothing else [R-EXAMPLE-1]", async () => {
  await using story = await walk("simple-proxy");
  const all = await story.call("gateway.search", { query: "", kind: "capability" });
  expect(all.items.map(({ id }: any) => id)).toEqual(["notes.list", "notes.read", "project.test"]);

  const read = await story.start("notes.read", { note: "standup" });
  expect(read.result).toMatchObject({
    status: "completed",
    output: { note: "standup", text: expect.stringContaining("10:15") },
  });

  const tests = await story.start("project.test");
  expect(tests.result.output).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("# pass 2") });

  const hidden = await story.start("notes.delete_note", { name: "standup" });
  expect(hidden.error.code).toBe("UNKNOWN_DEFINITION");

  const outside = await story.start("project.test", { file: "../../../etc/passwd" });
  expect(outside.error.code).toBe("INPUT_SCHEMA_VIOLATION");

  const { held, happened } = story.transcript.inReadme(join(repository, "examples/simple-proxy/README.md"));
  expect(held).toBe(happened);
});
