import { quote } from "../source/config-node.ts";
import type { Cursor } from "../emit/cursor.ts";
import { identityProviders } from "./identity.ts";
import type { Rule, RuleContext } from "./rule.ts";
import { weaknessOf } from "./weak-secret.ts";

/** Identities that could recognise nobody or anybody (FG620), and secrets that can be guessed (FG621). */
export const checkIdentityProviders: Rule = (context) => {
  const { root, settings } = context;
  for (const provider of identityProviders(root)) {
    switch (provider.text("kind")) {
      case "apiKeys":
        checkKeys(provider, context);
        break;
      case "jwt":
        if (provider.has("jwksUrl") && provider.has("jwksFile"))
          say(context, provider.get("jwksFile"), "`jwksUrl` and `jwksFile` exclude each other");
        break;
      case "trustedHeaders":
        checkHeaders(provider, context);
        break;
      case "mtls":
        if (settings.server.http.tls?.ca === undefined) {
          say(context, provider, "client certificates are asked for only with `server.http.tls.ca`");
        }
        break;
      default:
    }
  }
  const { tls } = settings.server.http;
  if (tls?.crl !== undefined && tls.ca === undefined) {
    const crl = root.child("server")?.child("http")?.child("tls")?.get("crl");
    say(context, crl, "certificates are looked up in a revocation list only with `ca`");
  }
  for (const sink of root.child("audit")?.itemsOf("sinks") ?? []) weak(context, sink.get("secret"));
};

const HASH = /^scrypt\$(?:\d{4,7}\$\d{1,2}\$\d{1,2}\$)?[\w+/-]{16,}={0,2}\$[\w+/-]{32,}={0,2}$/;

function checkKeys(provider: Cursor, context: RuleContext): void {
  const ids = new Set<string>();
  for (const key of provider.itemsOf("keys")) {
    const id = key.text("id");
    if (id !== undefined && ids.has(id)) say(context, key.get("id"), `two keys have the id ${quote(id)}`);
    if (id !== undefined) ids.add(id);
    if (key.has("hash") === key.has("key"))
      say(context, key, "a key needs either its `hash` or, from a variable, the `key` itself");
    const hash = key.text("hash");
    if (hash !== undefined && !HASH.test(hash))
      say(context, key.get("hash"), "this is no hash that `mcp-flowgate init-key` prints");
    weak(context, key.get("key"));
  }
}

function checkHeaders(provider: Cursor, context: RuleContext): void {
  const proxies = provider.itemsOf("trustedProxies");
  const secret = provider.child("secretHeader");
  if (proxies.length === 0 && secret === undefined) {
    say(context, provider, "anybody could send these headers: name the `trustedProxies` or a `secretHeader`");
  }
  for (const proxy of proxies) {
    if (proxy.value !== undefined && !isNetwork(proxy.value))
      say(context, proxy, `${quote(proxy.value)} is no address or network such as 10.0.0.0/8`);
    else if (proxy.value?.endsWith("/0") === true) say(context, proxy, "this trusts every address");
  }
  weak(context, secret?.get("value"));
}

function isNetwork(text: string): boolean {
  const [, address = "", bits] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const isV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/.test(address);
  const isV6 = !isV4 && address.includes(":") && URL.canParse(`http://[${address}]/`);
  return (isV4 || isV6) && Number(bits ?? 0) <= (isV4 ? 32 : 128);
}

function weak(context: RuleContext, cursor: Cursor | undefined): void {
  const weakness = cursor?.value === undefined ? undefined : weaknessOf(cursor.value);
  if (cursor === undefined || weakness === undefined) return;
  context.report("FG621", cursor.node, `\`${cursor.name}\` can be guessed: ${weakness}`, {
    pointer: cursor.pointer,
    hint: "`mcp-flowgate init-key` makes a good one.",
  });
}

function say({ report }: RuleContext, cursor: Cursor | undefined, text: string): void {
  if (cursor !== undefined) report("FG620", cursor.node, text, { pointer: cursor.pointer });
}
