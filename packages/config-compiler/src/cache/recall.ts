import type { Part, Parts, Question } from "./part.ts";

/** Emits parts, or gives what they were emitted as the last time where nothing that they asked has another answer. */
export interface Recall {
  /** Notes a question of the part that is being emitted. */
  note(question: Question): void;
  emit<T>(part: Part | undefined, make: () => T): T;
}

/** @param still Asks a question again: whether it has the same answer, without a finding. Notes uses as asking it does. */
export function createRecall(parts: Parts, still: (question: Question) => boolean): Recall {
  /** Of the parts that are being emitted, the innermost last. Each answers for its own questions only. */
  const open: Question[][] = [];
  return {
    note: (question) => void open.at(-1)?.push(question),
    emit<T>(part: Part | undefined, make: () => T): T {
      if (part?.emitted !== undefined && part.emitted.asked.every(still)) return part.emitted.result as T;
      const asked: Question[] = [];
      let result: T | undefined;
      open.push(asked);
      const isQuiet = parts.isQuiet(() => {
        result = make();
      });
      open.pop();
      if (part !== undefined && isQuiet) part.emitted = { asked, result };
      else if (part !== undefined) delete part.emitted;
      return result as T;
    },
  };
}
