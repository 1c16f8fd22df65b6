import { expect, test } from "vitest";
import { PROMISES } from "./promises.ts";
import { titlesByFile } from "./titles.ts";

/** `F7`, or `W1–W9` for all of these. */
const CITED = /\b([FW])(\d{1,2})(?:–[FW](\d{1,2}))?\b/g;

test("every promise is cited by the test that is named for it, and every cited one is on the list", () => {
  const cited = new Map<string, Set<string>>();
  for (const [file, titles] of titlesByFile())
    for (const title of titles)
      for (const id of idsIn(title)) cited.set(id, (cited.get(id) ?? new Set()).add(file));
  expect({
    notCitedWhereItIsSaidToBe: Object.entries(PROMISES)
      .filter(([id, promise]) => cited.get(id)?.has(promise.in) !== true)
      .map(([id, promise]) => `${id} in ${promise.in}`),
    citedButNotListed: [...cited]
      .filter(([id]) => !Object.hasOwn(PROMISES, id))
      .map(([id, files]) => `${id} in ${[...files].join(", ")}`),
  }).toEqual({ notCitedWhereItIsSaidToBe: [], citedButNotListed: [] });
});

test("no number is left out", () => {
  expect(Object.keys(PROMISES)).toEqual([...numbered("F", 65), ...numbered("W", 24)]);
});

function numbered(letter: string, last: number): readonly string[] {
  return Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);
}

function idsIn(title: string): readonly string[] {
  return [...title.matchAll(CITED)].flatMap(([, letter, first, last]) =>
    numbered(letter ?? "", Number(last ?? first)).slice(Number(first) - 1),
  );
}
