import { parseJson, type Json, type Log, type LogFields, type TelemetryIr } from "@mcp-flowgate/core";
import { pino } from "pino";

export type LogLevel = TelemetryIr["logs"]["level"];

/** From everything to nothing. */
export const LOG_LEVELS: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "silent"];

export interface HostLog extends Log {
  /** How much is written now. */
  level(): LogLevel;
  setLevel(level: LogLevel): void;
  /** Values that must never be written; they replace those of the last call. */
  hide(secrets: readonly string[]): void;
}

/** Structured logs to standard error, and to nothing else: standard output belongs to the protocol. */
export function createLog(options: TelemetryIr["logs"]): HostLog {
  let hidden: readonly string[] = [];
  const mask = (text: string): string => {
    let masked = text;
    for (const secret of hidden) masked = masked.replaceAll(secret, "[secret]");
    return masked;
  };
  const destination = {
    write(line: string): void {
      process.stderr.write(options.format === "json" ? mask(line) : mask(toText(line)));
    },
  };
  const logger = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    destination,
  );
  const write =
    (level: "debug" | "info" | "warn" | "error") =>
    (message: string, fields: LogFields = {}): void =>
      logger[level](fields, message);
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    level: () => logger.level as LogLevel,
    setLevel(level) {
      logger.level = level;
    },
    hide(secrets) {
      // Short values would mask ordinary words; longest first, so that one inside another does not leave a rest.
      hidden = secrets.filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length);
    },
  };
}

const LEVEL_NAMES: { readonly [level: number]: string } = {
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
};

function toText(line: string): string {
  const { level, time, msg, ...fields } = parseJson(line) as {
    level: number;
    time: string;
    msg: string;
  } & Record<string, Json>;
  const rest = Object.entries(fields)
    .map(
      ([name, value]) =>
        ` ${name}=${typeof value === "string" && !/[\s"=]/.test(value) ? value : JSON.stringify(value)}`,
    )
    .join("");
  return `${time} ${LEVEL_NAMES[level] ?? level} ${msg}${rest}\n`;
}
