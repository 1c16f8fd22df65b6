/** Names under which a value is a secret, as compared by {@link normalizeKeyName}. */
const SECRET_NAMES: readonly string[] = [
  "accesskey",
  "accesskeyid",
  "accesstoken",
  "apikey",
  "apitoken",
  "authorization",
  "authtoken",
  "bearer",
  "clientsecret",
  "connectionstring",
  "cookie",
  "credential",
  "credentials",
  "cvc",
  "cvv",
  "idtoken",
  "jwt",
  "otp",
  "passphrase",
  "passwd",
  "password",
  "privatekey",
  "proxyauthorization",
  "pwd",
  "refreshtoken",
  "secret",
  "secretkey",
  "sessionid",
  "sessiontoken",
  "setcookie",
  "signingkey",
  "ssn",
  "token",
  "xapikey",
];

/** A name that ends in one of these is secret too: `db_password`, `X-Auth-Token`, `stripeApiKey`. */
const SECRET_ENDINGS: readonly string[] = [
  "accesskey",
  "apikey",
  "authorization",
  "cookie",
  "credentials",
  "passphrase",
  "passwd",
  "password",
  "privatekey",
  "secret",
  "secretkey",
  "token",
];

/** Case and the separators `-`, `_`, `.` and space do not count. */
export function normalizeKeyName(name: string): string {
  return name.toLowerCase().replace(/[-_. ]/g, "");
}

/** Whether a member's value has to be hidden because of the member's name. `more` adds names to the built-in ones. */
export function createSecretNames(more: readonly string[]): (name: string) => boolean {
  const names = new Set([...SECRET_NAMES, ...more.map(normalizeKeyName)]);
  const known = new Map<string, boolean>();
  return (name) => {
    let secret = known.get(name);
    if (secret === undefined) {
      const normal = normalizeKeyName(name);
      secret = names.has(normal) || SECRET_ENDINGS.some((ending) => normal.endsWith(ending));
      // Names come from callers: what is remembered has a bound.
      if (known.size < 10_000 && name.length <= 128) known.set(name, secret);
    }
    return secret;
  };
}
