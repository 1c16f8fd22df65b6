import { hashKey, newKey } from "../identity/api-key-hash.ts";
import { CommandError } from "./command-error.ts";

export interface InitKeyOptions {
  readonly subject?: string;
  readonly tenant?: string;
  readonly role?: readonly string[];
  readonly expires?: string;
  readonly json?: boolean;
}

/** `init-key`: makes a key, shows it once, and prints the entry of `identity.keys` with its hash. */
export async function initKey(
  id: string,
  options: InitKeyOptions,
  print: (text: string) => void,
): Promise<void> {
  if (!/^[A-Za-z0-9][\w.-]{0,63}$/.test(id))
    throw new CommandError(`${JSON.stringify(id)} is no id for a key: letters, digits, "-", "_" and ".".`, 2);
  if (options.expires !== undefined && !(Date.parse(options.expires) > Date.now()))
    throw new CommandError(`--expires ${options.expires} is no day to come, such as 2027-01-31.`, 2);
  const key = newKey(id);
  const entry = {
    id,
    hash: await hashKey(key),
    subject: options.subject ?? id,
    ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
    ...(options.role === undefined ? {} : { roles: options.role }),
    ...(options.expires === undefined ? {} : { expiresAt: options.expires }),
  };
  if (options.json === true) return print(`${JSON.stringify({ key, entry }, null, 2)}\n`);
  // JSON is YAML too: the line can be pasted as it is.
  print(
    `The key, shown only now:\n\n  ${key}\n\nFor the configuration (identity of kind apiKeys, keys):\n\n  - ${JSON.stringify(entry)}\n`,
  );
}
