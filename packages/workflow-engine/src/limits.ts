/** The bounds that the engine enforces. Sizes in bytes of UTF-8 of the JSON text, times in milliseconds. */
export interface EngineLimits {
  readonly argumentsBytes: number;
  /** Of an output with its content, in the rows of its instance. */
  readonly outputBytes: number;
  /** Of one that is kept beside them. What is larger is not kept. */
  readonly spillBytes: number;
  readonly contextBytes: number;
  /** Versions of one instance. */
  readonly versions: number;
  /** Depth of sub-workflows. */
  readonly depth: number;
  /** One operation's time, all attempts together. */
  readonly operationMs: number;
}

/** Bytes of the UTF-8 text, counted without making it. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(index + 1))) {
      bytes += 2;
      index += 1;
    } else bytes += 2;
  }
  return bytes;
}

/** Whether the UTF-8 text takes more bytes. A short text is not counted: a code unit takes three at most. */
export function exceeds(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && utf8Length(text) > bytes;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
