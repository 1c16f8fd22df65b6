/** Whether `text` matches a glob: `*` any run of characters, `?` one, `{a,b}` alternatives. Linear in practice: no nesting. */
export function matchesGlob(pattern: string, text: string): boolean {
  return alternatives(pattern).some((one) => matchesSimple(one, text));
}

const MAX_ALTERNATIVES = 64;

function alternatives(pattern: string): readonly string[] {
  let open = [pattern];
  for (let round = 0; round < 8; round += 1) {
    const next = open.flatMap((one) => {
      const found = /\{([^{}]*)\}/.exec(one);
      if (found === null) return [one];
      const [whole, inner = ""] = found;
      return inner.split(",").map((choice) => one.replace(whole, () => choice));
    });
    if (next.length === open.length || next.length > MAX_ALTERNATIVES) return next.slice(0, MAX_ALTERNATIVES);
    open = next;
  }
  return open;
}

/** Backtracks to the last `*` only, so it takes at most pattern × text steps. */
function matchesSimple(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t]) && pattern[p] !== "*") {
      p += 1;
      t += 1;
    } else if (pattern[p] === "*") {
      star = p;
      mark = t;
      p += 1;
    } else if (star >= 0) {
      p = star + 1;
      mark += 1;
      t = mark;
    } else return false;
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}
