import type { Result } from "@mcp-flowgate/core";
import { err, ok } from "@mcp-flowgate/core";

/**
 * The URL of a call: base URL, then path, then query. Origin, user information and path prefix are those of the base
 * URL whatever path and query hold, or there is no URL.
 *
 * @param path Below the base URL. Values in it are already encoded as single segments; a `?` begins a query that the
 * configuration wrote into the path.
 * @returns The URL without fragment and user information, or one sentence that says what is wrong.
 */
export function toTarget(
  baseUrl: string,
  path: string,
  query: readonly (readonly [name: string, value: string])[],
): Result<URL, string> {
  if (!URL.canParse(baseUrl)) return err("The connection's base URL is not a URL.");
  const base = new URL(baseUrl);
  if (base.protocol !== "http:" && base.protocol !== "https:")
    return err("The base URL is neither http nor https.");
  const refusal = refusePath(path);
  if (refusal !== undefined) return err(refusal);

  const mark = path.indexOf("?");
  const below = mark === -1 ? path : path.slice(0, mark);
  const prefix = base.pathname.replace(/\/+$/, "");
  const rest = below === "" ? "" : `/${below.replace(/^\/+/, "")}`;
  const pathname = rest === "" ? base.pathname : prefix + rest;

  // The path is set on a URL that already has its origin, so no text in it can be read as an authority.
  const target = new URL(base.origin);
  target.pathname = pathname;
  if (
    target.origin !== base.origin ||
    !(target.pathname === base.pathname || target.pathname.startsWith(`${prefix}/`))
  ) {
    return err("The path leads out of the connection's base URL.");
  }
  if (countSegments(target.pathname) !== countSegments(pathname)) {
    return err("The path leads out of the connection's base URL.");
  }
  target.search = base.search;
  if (mark !== -1) {
    for (const [name, value] of new URLSearchParams(path.slice(mark + 1)))
      target.searchParams.append(name, value);
  }
  for (const [name, value] of query) target.searchParams.append(name, value);
  return ok(target);
}

/** Name and password of a base URL such as `https://user:secret@host`. */
export function toUserInformation(
  baseUrl: string,
): { readonly username: string; readonly password: string } | undefined {
  const { username, password } = new URL(baseUrl);
  if (username === "" && password === "") return undefined;
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
}

function refusePath(path: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0020\u007f\\#]/.test(path)) {
    return "The path holds a character that is not allowed in one.";
  }
  const segments = path.split("?", 1).join("").split("/");
  for (const segment of segments) {
    for (let text = segment, depth = 0; ; depth++) {
      if (text.split(/[/\\]/).some((part) => part === "." || part === ".."))
        return "The path holds a dot segment.";
      const decoded = decodeOnce(text);
      // Servers behind servers decode more than once.
      if (decoded === text || depth === 3) break;
      text = decoded;
    }
  }
  return undefined;
}

function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function countSegments(path: string): number {
  return path.split("/").length;
}
