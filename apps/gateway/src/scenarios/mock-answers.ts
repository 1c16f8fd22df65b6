import type { Mock, MockAnswers, MockOutcome } from "@mcp-flowgate/config-compiler";
import { matchesGlob } from "../catalogue/name-filter.ts";

/** Gives out the outcomes of one connection, its sequences first. */
export interface MockQueue {
  /** `undefined` where nothing says how this call ends. */
  next(call: string): MockOutcome | undefined;
}

/** @param call One line: `POST /path?query`, a tool's name, a command's arguments. */
export function createMockQueue(mock: Mock): MockQueue {
  const special = Object.entries(mock.on ?? {}).map(
    ([pattern, answers]) => [pattern, createAnswers(answers)] as const,
  );
  const others = createAnswers(mock);
  return {
    next(call) {
      const own = special.find(([pattern]) => matchesGlob(call, pattern));
      return (own?.[1] ?? others)();
    },
  };
}

function createAnswers(answers: MockAnswers): () => MockOutcome | undefined {
  const sequence = [...(answers.sequence ?? [])];
  return () => sequence.shift() ?? answers.default;
}
