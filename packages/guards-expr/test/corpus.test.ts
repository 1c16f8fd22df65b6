import { describe, expect, test } from "vitest";
import { CORPUS_FILES, readCorpus } from "./corpus.ts";

describe.each(CORPUS_FILES)("the corpus: %s", (file) => {
  test.each(readCorpus(file))("$title", ({ actual, expected }) => {
    expect(actual()).toEqual(expected);
  });
});
