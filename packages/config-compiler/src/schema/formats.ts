import { egressFault } from "@mcp-flowgate/core";

/** `host:port`, `[v6]:port`, `:port` or a port alone. */
export function parseAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]+)\]|([^:[\]\s]*)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return undefined;
  return { host: bracketed ?? (plain === undefined || plain === "" ? "127.0.0.1" : plain), port };
}

/** Why `text` is not what its format asks for, or undefined. */
export function formatFault(
  format: "url" | "timezone" | "address" | "destination",
  text: string,
): string | undefined {
  if (format === "address") {
    return parseAddress(text) === undefined ? "must be `host:port`, for example 127.0.0.1:8787" : undefined;
  }
  if (format === "destination") return egressFault(text);
  if (format === "timezone")
    return isTimeZone(text) ? undefined : "must be an IANA time zone such as Europe/Berlin";
  if (!URL.canParse(text)) return "must be an absolute URL such as https://api.example.com";
  const { protocol } = new URL(text);
  return protocol === "http:" || protocol === "https:"
    ? undefined
    : `must be an http or https URL, not ${protocol}`;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
