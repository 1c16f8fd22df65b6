/** Longest name that is compared whole. */
const MAX_NAME = 256;

/**
 * A name without case, separators and compatibility variants, so that `Create Issue`, `create_issue` and
 * `createIssue` are one. Empty for names longer than 256 characters.
 */
export function foldName(name: string): string {
  if (name.length > MAX_NAME) return "";
  return name
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\s_\-./:]+/gu, "");
}
