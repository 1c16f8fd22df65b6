/** Marks that end a plain scalar, or begin something else, in one place or another. */
const NEEDS_QUOTES = /[[\]{},#]|: |:$|^[\s!&*?|>@`"'%-]|\s$/;

/**
 * A scalar as it stands in the source, with its value changed from `from` to `to`: in the same quotes, on the same
 * lines. Undefined where the two cannot be brought together.
 */
export function rewriteScalar(raw: string, from: string, to: string): string | undefined {
  const [quote = ""] = raw;
  if (quote === '"') return rewriteQuoted(raw, from, to, '"', (text) => JSON.stringify(text).slice(1, -1));
  if (quote === "'") return rewriteQuoted(raw, from, to, "'", (text) => text.replaceAll("'", "''"));
  if (raw === from) {
    const plain = !NEEDS_QUOTES.test(to) || (NEEDS_QUOTES.test(from) && !gains(from, to));
    return plain ? to : `'${to.replaceAll("'", "''")}'`;
  }
  return replaceInLines(raw, from, to);
}

function rewriteQuoted(
  raw: string,
  from: string,
  to: string,
  quote: string,
  escape: (text: string) => string,
): string | undefined {
  if (!raw.includes("\n")) return `${quote}${escape(to)}${quote}`;
  return replaceInLines(raw, escape(from), escape(to));
}

/** Whether `to` has a mark that `from` has not. */
function gains(from: string, to: string): boolean {
  return [..."[]{},#"].some((mark) => to.includes(mark) && !from.includes(mark));
}

/** Text over several lines: white space was folded, so only the words that differ are replaced, each in its place. */
function replaceInLines(raw: string, from: string, to: string): string | undefined {
  const before = words(from);
  const after = words(to);
  if (before.length !== after.length) return undefined;
  let at = 0;
  let result = "";
  for (const [index, word] of before.entries()) {
    const found = raw.indexOf(word, at);
    if (found < 0) return undefined;
    result += raw.slice(at, found) + (after[index] ?? "");
    at = found + word.length;
  }
  return result + raw.slice(at);
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
