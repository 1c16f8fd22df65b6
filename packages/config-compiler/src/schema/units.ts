const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const SIZE = /^(\d+(?:\.\d+)?)(B|KB|KiB|MB|MiB|GB|GiB)?$/;

const MILLISECONDS: { readonly [unit: string]: number } = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const BYTES: { readonly [unit: string]: number } = {
  B: 1,
  KB: 1000,
  KiB: 1024,
  MB: 1_000_000,
  MiB: 1_048_576,
  GB: 1_000_000_000,
  GiB: 1_073_741_824,
};

export const DURATION_PATTERN: string = DURATION.source;
export const SIZE_PATTERN: string = SIZE.source;

/** `30s`, `24h`, `1.5d` in whole milliseconds; a number is taken as milliseconds. */
export function toMilliseconds(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined;
  const [, amount, unit] = (typeof value === "string" ? DURATION.exec(value.trim()) : null) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  return safe(Number(amount) * (MILLISECONDS[unit] as number));
}

/** `256KiB`, `4MiB` in whole bytes; a number is taken as bytes. */
export function toBytes(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) && value >= 0 ? value : undefined;
  const [, amount, unit = "B"] = (typeof value === "string" ? SIZE.exec(value.trim()) : null) ?? [];
  return amount === undefined ? undefined : safe(Number(amount) * (BYTES[unit] as number));
}

function safe(value: number): number | undefined {
  const rounded = Math.round(value);
  return Number.isSafeInteger(rounded) ? rounded : undefined;
}
