import { describe, expect, it } from "vitest";
import { compileText } from "./memory-reader.ts";

/** The findings of a guard over a context that several things write. */
async function findings(expr: string): Promise<readonly string[]> {
  const { diagnostics } = await compileText(`workflows:
  w:
    initialState: a
    initialContext: { tries: 0, who: { name: ann }, note: null, seen: 1 }
    inputSchema: { type: object, properties: { ticket: { type: string } } }
    states:
      a:
        transitions:
          write:
            target: a
            inputSchema: { type: object, properties: { score: { type: integer }, deep: { $ref: "#/$defs/x" } }, $defs: { x: { type: string } } }
            outputSchema: { type: object, properties: { id: { type: string } } }
            output:
              note: $.arguments.score
              id: $.output.id
              ticket: $.workflow.input.ticket
              seen: $.output.whatever
              sum: { add: [$.context.tries, 1] }
              deep: $.arguments.deep
              flag: true
              who.role: $.output.id
              text: "{{ $.output.id }}!"
          go: { target: done, guards: [{ kind: expr, expr: ${JSON.stringify(expr)} }] }
      done: { terminal: true }
`);
  return diagnostics.map(({ code }) => code);
}

describe("guards over the context", () => {
  it.each([
    ["$.context.tries == 'x'", ["FG521"]],
    ["$.context.tries < 5", []],
    ["$.context.tires < 5", ["FG520"]],
    ["$.context.note == 'x'", ["FG521"]],
    ["$.context.note == 5", []],
    ["$.context.id starts_with 'a'", []],
    ["$.context.id > 5", ["FG523"]],
    ["$.context.ticket == 7", ["FG521"]],
    ["$.context.sum == 'x'", ["FG521"]],
    ["$.context.flag == 'yes'", ["FG521"]],
  ])("%s is judged by the initial context and the output mappings: %j", async (expr, codes) => {
    expect(await findings(expr)).toEqual(codes);
  });

  it.each(["$.context.seen == 'x'", "$.context.deep == 5", "$.context.who.role == 5", "$.context.text == 5"])(
    "%s is not judged: what is written there is not known",
    async (expr) => {
      expect(await findings(expr)).toEqual([]);
    },
  );
});
