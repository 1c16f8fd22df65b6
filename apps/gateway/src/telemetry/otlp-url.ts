/** Where one signal goes: the URL as it is, or, where it is a collector without a path, the signal's usual path below it. */
export function toSignalUrl(otlp: string, path: "/v1/traces" | "/v1/metrics"): string {
  const url = new URL(otlp);
  if (url.pathname === "/") url.pathname = path;
  return url.href;
}
