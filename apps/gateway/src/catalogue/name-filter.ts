/** Whether a tool's name passes an import: it matches one of `include` (none means all) and none of `exclude`. */
export function passesFilter(name: string, include: readonly string[], exclude: readonly string[]): boolean {
  const included = include.length === 0 || include.some((pattern) => matchesGlob(name, pattern));
  return included && !exclude.some((pattern) => matchesGlob(name, pattern));
}

/**
 * `*` stands for any characters, `?` for one. Steps back to the last `*` only, so that it takes at most
 * name × pattern steps whatever a server calls its tools.
 */
export function matchesGlob(name: string, pattern: string): boolean {
  let at = 0;
  let step = 0;
  let star = -1;
  let resume = 0;
  while (at < name.length) {
    if (pattern[step] === "*") {
      star = step++;
      resume = at;
    } else if (step < pattern.length && (pattern[step] === "?" || pattern[step] === name[at])) {
      step++;
      at++;
    } else if (star >= 0) {
      step = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[step] === "*") step++;
  return step === pattern.length;
}
