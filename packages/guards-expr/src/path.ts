import type { ExprErrorCode, SourceProblem } from "./expr-error.ts";
import { nearestName } from "./nearest.ts";
import { SCOPE_FIELDS, SCOPE_ROOTS } from "./scope.ts";
import type { ScopeRoot } from "./scope.ts";
import { scanString } from "./scan-string.ts";

/** A path that reads a scope. */
export interface Path {
  readonly root: ScopeRoot;
  readonly segments: readonly string[];
  readonly text: string;
}

export interface ScannedPath {
  /** The first offset behind the path. */
  readonly end: number;
  readonly path: Path | undefined;
  readonly problems: readonly SourceProblem[];
}

const NAME = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{M}\p{Nd}\p{Pc}]*/uy;
/** In a template no operator can follow, so a key may hold hyphens (`$.output.headers.content-type`). */
const NAME_WITH_HYPHENS = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{M}\p{Nd}\p{Pc}-]*/uy;
const DIGITS = /\d+/y;
const INDEX = /\[\s*(\d+)\s*\]/y;
const PLAIN_KEY = /^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{M}\p{Nd}\p{Pc}]*$/u;
const CANONICAL_INDEX = /^(?:0|[1-9]\d{0,9})$/;

/** Whether a segment can be a position in a list: decimal digits without a leading zero. */
export function isIndex(segment: string): boolean {
  return CANONICAL_INDEX.test(segment);
}

/** Scans the path that starts with `$` at `start`. It consumes at least the `$`. */
export function scanPath(source: string, start: number, options: { readonly hyphens: boolean }): ScannedPath {
  const problems: SourceProblem[] = [];
  const keys: { key: string; offset: number; length: number }[] = [];
  let at = start + 1;
  const bare = matchAt(NAME, source, at);
  if (bare !== undefined) {
    problems.push({
      code: "FG509",
      message: `a path starts with \`$.\`: write \`$.${excerpt(bare)}\``,
      offset: start,
      length: 1 + bare.length,
    });
    at += bare.length;
  }
  for (;;) {
    const from = at;
    const unit = source[at];
    if (unit === ".") {
      const key =
        matchAt(options.hyphens ? NAME_WITH_HYPHENS : NAME, source, at + 1) ??
        matchAt(DIGITS, source, at + 1);
      if (key === undefined) {
        problems.push({ code: "FG509", message: "expected a name after `.`", offset: at + 1, length: 0 });
        while (source[at] === ".") at++;
        at += (matchAt(NAME, source, at) ?? "").length;
        continue;
      }
      at += 1 + key.length;
      keys.push({ key, offset: from + 1, length: key.length });
    } else if (unit === "[") {
      const index = matchAt(INDEX, source, at);
      if (index !== undefined) {
        at += index.length;
        keys.push({ key: index.slice(1, -1).trim(), offset: from, length: at - from });
        continue;
      }
      const quote = source[at + 1];
      if (quote === '"' || quote === "'") {
        const text = scanString(source, at + 1);
        problems.push(...text.problems);
        at = text.end;
        if (source[at] === "]") at++;
        else if (text.closed)
          problems.push({ code: "FG509", message: "expected `]`", offset: at, length: 0 });
        keys.push({ key: text.value, offset: from, length: at - from });
        continue;
      }
      const close = source.indexOf("]", at);
      const bare = matchAt(NAME_WITH_HYPHENS, source, at + 1);
      const hint = bare === undefined ? "" : `; write ["${bare}"] for a key`;
      problems.push({
        code: "FG509",
        message: `expected a position such as [0] or a quoted key such as ["name"]${hint}`,
        offset: at,
        length: close === -1 ? 1 : Math.min(close + 1 - at, 64),
      });
      at = close === -1 ? source.length : close + 1;
      keys.push({ key: bare ?? "", offset: from, length: at - from });
    } else break;
  }
  if (problems.length > 0) return { end: at, path: undefined, problems };
  return { end: at, ...resolveRoot(keys, start, at) };
}

/**
 * The path that `text` is as a whole, for example `$.context.items[0].name`; keys may hold hyphens.
 * @returns the path, or what is wrong with it
 */
export function parsePath(
  text: string,
): { readonly path: Path } | { readonly problems: readonly SourceProblem[] } {
  const scanned = scanPath(text, 0, { hyphens: true });
  if (scanned.path === undefined) return { problems: scanned.problems };
  if (scanned.end === text.length) return { path: scanned.path };
  return {
    problems: [
      {
        code: "FG509",
        message: `the path ends before ${quoteExcerpt(text.slice(scanned.end))}`,
        offset: scanned.end,
        length: text.length - scanned.end,
      },
    ],
  };
}

/** The text of a path: plain keys with dots, positions and other keys in brackets. */
export function pathText(root: ScopeRoot, segments: readonly string[]): string {
  let text = `$.${root}`;
  for (const segment of segments) text += segmentText(segment);
  return text;
}

function segmentText(segment: string): string {
  if (PLAIN_KEY.test(segment)) return `.${segment}`;
  return isIndex(segment) ? `[${segment}]` : `[${JSON.stringify(segment)}]`;
}

function resolveRoot(
  keys: readonly { readonly key: string; readonly offset: number; readonly length: number }[],
  start: number,
  end: number,
): { readonly path: Path | undefined; readonly problems: readonly SourceProblem[] } {
  const fail = (code: ExprErrorCode, message: string, offset: number, length: number) => ({
    path: undefined,
    problems: [{ code, message, offset, length }],
  });
  const first = keys[0];
  if (first === undefined) {
    return fail(
      "FG509",
      "expected a scope after `$`, for example `$.context`",
      start,
      Math.max(1, end - start),
    );
  }
  let segments = keys.slice(1).map(({ key }) => key);
  let root = SCOPE_ROOTS.find((name) => name === first.key);
  if (first.key === "input") {
    root = "workflow";
    segments = ["input", ...segments];
  }
  if (root === undefined) {
    const near = nearestName(first.key, [...SCOPE_ROOTS, "input"]);
    const hint =
      near === undefined
        ? `the scopes are ${listNames(SCOPE_ROOTS.map((name) => `$.${name}`))}`
        : `did you mean \`$.${near}\`?`;
    return fail("FG504", `unknown scope \`$.${excerpt(first.key)}\`; ${hint}`, first.offset, first.length);
  }
  const fields = SCOPE_FIELDS.get(root);
  if (fields !== undefined) {
    const field = segments[0];
    if (field === undefined) {
      return fail(
        "FG504",
        `\`$.${root}\` cannot be read as a whole; name one of ${listNames(fields)}`,
        start,
        end - start,
      );
    }
    if (!fields.includes(field)) {
      const near = nearestName(field, fields);
      const hint = near === undefined ? `it has ${listNames(fields)}` : `did you mean \`${near}\`?`;
      const at = keys[1] ?? first;
      return fail("FG504", `\`$.${root}\` has no field \`${excerpt(field)}\`; ${hint}`, at.offset, at.length);
    }
  }
  return {
    path: Object.freeze({ root, segments: Object.freeze(segments), text: pathText(root, segments) }),
    problems: [],
  };
}

function matchAt(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}

function listNames(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}

/** At most 40 characters of a text that came from outside, on one line. */
export function excerpt(text: string): string {
  const line = text.replaceAll(/\s+/gu, " ");
  return line.length <= 40 ? line : `${line.slice(0, 39)}…`;
}

function quoteExcerpt(text: string): string {
  return `\`${excerpt(text)}\``;
}
