import { expect, test } from "vitest";
import { toCallToolResult } from "../src/mcp/call-tool-result.ts";
import { textOf, type Answer } from "../src/surface/answer.ts";

const body = { error: { message: "s3cret" } };
const answer: Answer = { body, written: { body, text: JSON.stringify(body) }, isError: true };

test("the text of an answer is that of its body, also where the body was replaced after it was written", () => {
  const hidden = { ...answer, body: { error: { message: "[secret]" } } };

  expect(textOf(answer)).toBe('{"error":{"message":"s3cret"}}');
  expect(textOf(hidden)).toBe('{"error":{"message":"[secret]"}}');
  expect(toCallToolResult(hidden)).toEqual({
    content: [{ type: "text", text: '{"error":{"message":"[secret]"}}' }],
    structuredContent: { error: { message: "[secret]" } },
    isError: true,
  });
});
