import { err, ok, type Result } from "@mcp-flowgate/core";
import { RE2JS } from "re2js";

/** A compiled `pattern` whose test takes time linear in the text. */
export interface LinearPattern {
  test(text: string): boolean;
  /** The source; Ajv keys its generated code by it. */
  toString(): string;
}

/** Longer ones are refused: an automaton is built from them. */
const LONGEST_PATTERN = 4096;

/**
 * Compiles an ECMA-262 pattern for linear-time matching. What needs backtracking (look-around, back references)
 * has no linear form and is refused. A repetition above RE2's bound of 1000 is accepted where the pattern is an
 * anchored run of single-character atoms of which at most one may vary: there the platform's engine is linear too.
 */
export function compileLinearPattern(pattern: string): Result<LinearPattern, { readonly message: string }> {
  if (pattern.length > LONGEST_PATTERN) {
    return err({ message: `the pattern is longer than ${LONGEST_PATTERN} characters` });
  }
  const fault = syntaxFault(pattern, "u") && syntaxFault(pattern, "");
  if (fault) return err({ message: `the pattern is not a regular expression: ${fault}` });
  try {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
    return ok({ test: (text) => compiled.test(text), toString: () => pattern });
  } catch (thrown) {
    if (PLAIN_RUN.test(pattern) && variableParts(pattern) <= 1) {
      const native = new RegExp(pattern, "u");
      return ok({ test: (text) => native.test(text), toString: () => pattern });
    }
    return err({ message: `the pattern cannot be matched in linear time: ${reason(thrown)}` });
  }
}

/** What the platform's parser says against `pattern`, or an empty string. */
function syntaxFault(pattern: string, flags: string): string {
  try {
    return new RegExp(pattern, flags).flags === flags ? "" : "its flags are not known";
  } catch (thrown) {
    return reason(thrown);
  }
}

const ATOM = String.raw`(?:\\[dDwWsS.\\/\-+*?()[\]{}|^$]|\[\^?(?:\\[^pPuxc]|[^\]\\[])+\]|[^\\[\](){}|^$*+?])`;
const PLAIN_RUN = new RegExp(String.raw`^\^(?:${ATOM}(?:\{\d+(?:,\d*)?\}|[*+?])?)+\$$`, "u");

function variableParts(pattern: string): number {
  const quantifiers = pattern.matchAll(new RegExp(String.raw`${ATOM}(\{\d+(?:,\d*)?\}|[*+?])?`, "gu"));
  let variable = 0;
  for (const [, quantifier] of quantifiers) {
    if (quantifier === undefined) continue;
    if (!/^\{(\d+)(,\1)?\}$/.test(quantifier)) variable += 1;
  }
  return variable;
}

function reason(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message.replace(/^error parsing regexp: /, "").replace(/^Invalid regular expression: /, "");
}
