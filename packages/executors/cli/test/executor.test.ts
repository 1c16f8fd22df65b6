import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createExecutor,
  failureOf,
  isAlive,
  outputOf,
  PROGRAM,
  toCall,
  toConnection,
  toContext,
} from "./fixture.ts";

describe("a command", () => {
  test("gives its exit code, its output, and the output as text and JSON", async () => {
    const outcome = await createExecutor().execute(toCall(["print", '{"a":[1]}\n']), toContext());
    expect(outcome).toEqual({
      status: "succeeded",
      output: {
        exitCode: 0,
        success: true,
        stdout: '{"a":[1]}\n',
        stderr: "",
        text: '{"a":[1]}',
        json: { a: [1] },
        truncated: false,
      },
      evidence: [
        {
          kind: "cli_output",
          outcome: "success",
          summary: expect.stringContaining("exited with code 0"),
          payload: expect.objectContaining({ exitCode: 0 }),
        },
      ],
    });
  });

  test.for([
    ["plain words", null],
    ["", null],
    ['{"half":', null],
    ["17\n", 17],
    ["null", null],
    ['"quoted"', "quoted"],
  ] as const)("offers JSON only where the whole output is JSON: %s", async ([text, json]) => {
    expect(outputOf(await createExecutor().execute(toCall(["print", text]), toContext()))["json"]).toBe(json);
  });

  test("that exits with another code has failed, with the end of its standard error (F37)", async () => {
    const failure = failureOf(await createExecutor().execute(toCall(["exit", "3"]), toContext()));
    expect(failure).toMatchObject({ effect: "failed", errorClass: "permanent" });
    expect(failure.message).toMatch(/ exited with code 3\. first line the last line says why$/);
    expect(failure.detail).toEqual({
      exitCode: 3,
      stdout: "some output\n",
      stderr: "first line\nthe last line says why\n",
    });
    expect(failure.evidence).toMatchObject([{ kind: "cli_output", outcome: "failure" }]);
  });

  test("whose exit code is data succeeds, and its evidence says that the command did not", async () => {
    const outcome = await createExecutor().execute(
      toCall(["exit", "3"], { treatNonZeroAsFailure: false }),
      toContext(),
    );
    expect(outputOf(outcome)).toMatchObject({ exitCode: 3, success: false, stdout: "some output\n" });
    expect(outcome).toMatchObject({ evidence: [{ kind: "cli_output", outcome: "failure" }] });
  });

  test("that something else kills leaves its effect unknown, even where exit codes are data", async () => {
    const call = toCall(["kill-self", "SIGKILL"], { treatNonZeroAsFailure: false });
    const failure = failureOf(await createExecutor().execute(call, toContext()));
    expect(failure).toMatchObject({
      effect: "unknown",
      errorClass: "transient_error",
      detail: { signal: "SIGKILL" },
    });
    expect(failure.evidence).toBeUndefined();
  });

  test("that does not exist was not sent, and its name is told without its folder", async () => {
    const failure = failureOf(
      await createExecutor().execute(toCall([], { command: "/opt/secret-place/no-such-thing" }), toContext()),
    );
    expect(failure).toEqual({
      status: "failed",
      effect: "not_sent",
      errorClass: "permanent",
      message: 'The command "no-such-thing" was not found.',
    });
  });

  test.for([
    [
      "a connection that is not there",
      toCall([], { connection: "other" }),
      'There is no cli connection "other".',
    ],
    [
      "a file that cannot be executed",
      toCall([], { command: PROGRAM }),
      'The command "program.mjs" may not be executed.',
    ],
    [
      "arguments beyond measure",
      toCall(["args", "x".repeat(4_000_000)]),
      /too large for the operating system/,
    ],
  ] as const)("is not sent with %s", async ([, call, message]) => {
    const failure = failureOf(await createExecutor().execute(call, toContext()));
    expect(failure.effect).toBe("not_sent");
    expect(failure.message).toMatch(message);
  });

  test("runs in its connection's folder, with the connection's arguments first", async () => {
    const folder = mkdtempSync(join(tmpdir(), "flowgate-"));
    const connection = toConnection({ command: "pwd", args: ["-P"], workingDirectory: folder });
    const executor = createExecutor([connection]);
    expect(
      outputOf(await executor.execute(toCall([], { connection: "program", args: [] }), toContext()))["text"],
    ).toBe(folder);
    const gone = createExecutor([{ ...connection, workingDirectory: join(folder, "gone") }]);
    expect(
      failureOf(await gone.execute(toCall([], { connection: "program", args: [] }), toContext())).message,
    ).toBe('The command "pwd" was not found, or its working directory does not exist.');
  });
});

describe("the environment", () => {
  test("holds the listed variables, those of connection and call, and the idempotency key; nothing else (F51)", async () => {
    const executor = createExecutor(
      [toConnection({ inheritEnv: ["PATH", "LANG"], env: { FROM: "connection", NODE_OPTIONS: "" } })],
      {
        PATH: process.env["PATH"],
        LANG: "C",
        GATEWAY_SECRET: "canary",
      },
    );
    const call = toCall([], {
      connection: "program",
      args: [{ value: "env", dynamic: false }],
      env: { FROM: "call", OWN: "1" },
    });
    const output = outputOf(await executor.execute(call, toContext({ idempotencyKey: "key" })));
    expect(output["json"]).toEqual({
      PATH: process.env["PATH"],
      LANG: "C",
      FROM: "call",
      NODE_OPTIONS: "",
      OWN: "1",
      IDEMPOTENCY_KEY: "key",
    });
  });

  test.for(["NODE_OPTIONS", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "BASH_ENV", "ld_library_path", "PATH"])(
    "takes %s, by which code can be loaded, from no call",
    async (name) => {
      const failure = failureOf(
        await createExecutor().execute(toCall(["env"], { env: { [name]: "x" } }), toContext()),
      );
      expect(failure).toMatchObject({ effect: "not_sent", errorClass: "permanent" });
    },
  );

  test("has no standard input but the call's own (F51)", async () => {
    expect(outputOf(await createExecutor().execute(toCall(["cat"]), toContext()))["stdout"]).toBe("");
    const large = "ü".repeat(500_000);
    const output = outputOf(
      await createExecutor().execute(
        toCall(["cat"], { stdin: large, maxOutputBytes: 2_000_000 }),
        toContext(),
      ),
    );
    expect(output["stdout"]).toBe(large);
    // A command that does not read what it is given is no failure.
    expect(
      outputOf(await createExecutor().execute(toCall(["print", "x"], { stdin: large }), toContext()))["text"],
    ).toBe("x");
  });
});

describe("arguments", () => {
  test("reach the command as they are, whatever is in them (F52)", async () => {
    const executor = createExecutor();
    const nasty = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom(
        "; touch x",
        "$(touch x)",
        "`touch x`",
        "a\nb",
        "|",
        "&&",
        "*",
        "~",
        "'",
        '"',
        "\\",
        " ",
        "",
        "%PATH%",
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(nasty, { maxLength: 5 }), async (values) => {
        const sent = values.filter((value) => !value.includes("\0") && !value.startsWith("-"));
        const call = toCall(["args"]);
        const args = [...call.args, ...sent.map((value) => ({ value, dynamic: true }))];
        const output = outputOf(await executor.execute({ ...call, args }, toContext()));
        expect(output["json"]).toEqual(sent.map((value) => value.toWellFormed()));
      }),
      { numRuns: 25 },
    );
    expect(existsSync("x")).toBe(false);
  });

  test.for(["-rf", "--output=/etc/passwd", "--upload-pack=evil", "-"])(
    "that a caller gave and that look like an option are refused unless allowed: %s (F52)",
    async (value) => {
      const call = toCall(["args"]);
      const args = [...call.args, { value, dynamic: true }];
      expect(failureOf(await createExecutor().execute({ ...call, args }, toContext()))).toMatchObject({
        effect: "not_sent",
        errorClass: "permanent",
      });
      const allowed = outputOf(
        await createExecutor().execute({ ...call, args, allowDashArgs: true }, toContext()),
      );
      expect(allowed["json"]).toEqual([value]);
      const own = outputOf(
        await createExecutor().execute(
          { ...call, args: [...call.args, { value, dynamic: false }] },
          toContext(),
        ),
      );
      expect(own["json"]).toEqual([value]);
    },
  );

  test("with a NUL character are refused, dynamic or not", async () => {
    const call = toCall(["args"]);
    for (const dynamic of [true, false]) {
      const args = [...call.args, { value: "a\0b", dynamic }];
      expect(
        failureOf(await createExecutor().execute({ ...call, args, allowDashArgs: true }, toContext())).effect,
      ).toBe("not_sent");
    }
  });
});

describe("a deadline", () => {
  test("ends the whole process group, the part that ignores SIGTERM too, before the attempt is over (F30)", async () => {
    const failure = failureOf(
      await createExecutor().execute(toCall(["stubborn"]), toContext({ signal: AbortSignal.timeout(1500) })),
    );
    expect(failure).toMatchObject({ effect: "unknown", errorClass: "timeout" });
    const { stdout } = failure.detail as { stdout: string };
    const pids = stdout.trim().split("\n").map(Number);
    expect(pids).toHaveLength(2);
    expect(pids.map(isAlive)).toEqual([false, false]);
  });

  test("lets a command that heeds SIGTERM clean up, and its effect is still unknown", async () => {
    const executor = createExecutor([], undefined, 10_000);
    const before = performance.now();
    const failure = failureOf(
      await executor.execute(toCall(["polite"]), toContext({ signal: AbortSignal.timeout(1500) })),
    );
    expect(failure).toMatchObject({
      effect: "unknown",
      errorClass: "timeout",
      detail: { stdout: "ready\ncleaned up\n" },
    });
    expect(performance.now() - before).toBeLessThan(6000);
  });

  test("of the connection holds beside the call's own", async () => {
    const executor = createExecutor([toConnection({ timeoutMs: 300 })]);
    const call = toCall([], { connection: "program", args: [{ value: "sleep", dynamic: false }] });
    expect(failureOf(await executor.execute(call, toContext()))).toMatchObject({
      effect: "unknown",
      errorClass: "timeout",
    });
  });

  test("that has passed before the start says not_sent", async () => {
    const outcome = await createExecutor().execute(
      toCall(["print"]),
      toContext({ signal: AbortSignal.abort() }),
    );
    expect(failureOf(outcome)).toMatchObject({ effect: "not_sent", errorClass: "timeout" });
  });

  test("comes for every running command when the executor is closed", async () => {
    const executor = createExecutor();
    const executing = executor.execute(toCall(["sleep"]), toContext());
    await executor.close?.();
    expect(failureOf(await executing).errorClass).toBe("timeout");
  });
});

describe("what a command leaves running", () => {
  test.for(["held", "free"])("is ended with it: output %s", async (output) => {
    const before = performance.now();
    const outcome = outputOf(await createExecutor().execute(toCall(["leave-behind", output]), toContext()));
    expect(isAlive(Number(outcome["text"]))).toBe(false);
    expect(performance.now() - before).toBeLessThan(5000);
  });
});

describe("output", () => {
  test("beyond its bound is left out in the middle, in bounded memory (F50)", async () => {
    const before = process.memoryUsage.rss();
    const output = outputOf(
      await createExecutor().execute(toCall(["pour", "300"], { maxOutputBytes: 1000 }), toContext()),
    );
    expect(output["truncated"]).toBe(true);
    expect(output["json"]).toBeNull();
    expect(output["stdout"]).toMatch(/^the beginning0123/);
    expect(output["stdout"]).toMatch(/the end$/);
    expect(output["stdout"]).toContain(`[${300 * 1024 * 1024 + 20 - 1000} bytes left out]`);
    expect((output["stdout"] as string).length).toBeLessThan(1100);
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
  });

  test("may hold anything", async () => {
    const text = "NUL \0 and \u{1f600} and \u001b[31m";
    const call = toCall(["cat"], { stdin: text });
    expect(outputOf(await createExecutor().execute(call, toContext()))["stdout"]).toBe(text);
  });
});

test("commands of a connection with a bound wait in the order they came", async () => {
  const executor = createExecutor([toConnection({ maxConcurrency: 1 })]);
  const done: string[] = [];
  const call = async (value: string, signal?: AbortSignal): Promise<void> => {
    const args = ["print", value].map((text) => ({ value: text, dynamic: false }));
    const outcome = await executor.execute(
      toCall([], { connection: "program", args }),
      toContext(signal === undefined ? {} : { signal }),
    );
    done.push(outcome.status === "succeeded" ? value : outcome.status === "failed" ? outcome.effect : "");
  };
  await Promise.all([call("a"), call("b"), call("given up", AbortSignal.timeout(1)), call("c")]);
  expect(done).toEqual(["not_sent", "a", "b", "c"]);
});

test("a call of another kind is refused", async () => {
  expect(await createExecutor().execute({ kind: "noop", arguments: {} }, toContext())).toMatchObject({
    status: "failed",
    effect: "not_sent",
  });
});
