interface ConnectionBase {
  readonly name: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly timeoutMs?: number;
  readonly maxConcurrency?: number;
  readonly idleTimeoutMs?: number;
  readonly healthCheckMs?: number;
}

/** A child process that speaks MCP over stdio. Relative `cwd` is already resolved against the file that named it. */
export interface McpStdioConnectionIr extends ConnectionBase {
  readonly kind: "mcp";
  readonly transport: "stdio";
  readonly command: string;
  readonly args: readonly string[];
  readonly env: { readonly [name: string]: string };
  /** Names of the gateway's own variables that the child may see. */
  readonly inheritEnv: readonly string[];
  readonly cwd?: string;
}

/** A Streamable HTTP endpoint; servers that only know the older SSE transport are fallen back to. */
export interface McpHttpConnectionIr extends ConnectionBase {
  readonly kind: "mcp";
  readonly transport: "http";
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly auth?: AuthIr;
}

export interface CliConnectionIr extends ConnectionBase {
  readonly kind: "cli";
  readonly command: string;
  /** Arguments that come before those of the executor. */
  readonly args: readonly string[];
  readonly workingDirectory?: string;
  readonly env: { readonly [name: string]: string };
  readonly inheritEnv: readonly string[];
}

export interface HttpConnectionIr extends ConnectionBase {
  readonly kind: "http";
  readonly baseUrl: string;
  readonly headers: { readonly [name: string]: string };
  readonly auth?: AuthIr;
}

export type ConnectionIr = McpStdioConnectionIr | McpHttpConnectionIr | CliConnectionIr | HttpConnectionIr;

/** Variables that a child gets when its connection names none. */
export const DEFAULT_INHERIT_ENV: readonly string[] = Object.freeze(["PATH", "HOME", "LANG", "TMPDIR", "TZ"]);

export type AuthIr =
  | { readonly kind: "bearer"; readonly token: string }
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  | {
      readonly kind: "apiKey";
      readonly in: "header" | "query";
      readonly name: string;
      readonly value: string;
    }
  | {
      readonly kind: "oauth2ClientCredentials";
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scopes: readonly string[];
      readonly audience?: string;
    }
  /** The caller's own bearer token, only to these hosts. */
  | {
      readonly kind: "forward";
      readonly hosts: readonly string[];
      /** A bearer token for what the gateway asks on its own behalf. */
      readonly ownToken?: string;
    }
  /** A token that the authorization server gives in exchange for the caller's own (RFC 8693). */
  | {
      readonly kind: "tokenExchange";
      readonly tokenUrl: string;
      readonly clientId?: string;
      readonly clientSecret?: string;
      readonly scopes: readonly string[];
      readonly audience?: string;
      readonly resource?: string;
      /** URI of the kind of token that callers send. */
      readonly subjectTokenType: string;
    };
