/** What was kept of a stream. */
export interface Captured {
  readonly text: string;
  readonly bytes: number;
  readonly truncated: boolean;
}

/**
 * Keeps the beginning and the end of a stream of bytes in bounded memory: errors stand at the end of a log, and what a
 * program was doing stands at the beginning.
 */
export interface OutputCapture {
  /** Copies what it keeps. */
  add(chunk: Buffer): void;
  take(): Captured;
}

/** @param maxBytes Half of it is kept from the beginning, the rest from the end. */
export function createOutputCapture(maxBytes: number): OutputCapture {
  const headLimit = Math.ceil(maxBytes / 2);
  const tailLimit = Math.max(0, maxBytes - headLimit);
  const head: Buffer[] = [];
  let headBytes = 0;
  let tail: Buffer[] = [];
  let tailBytes = 0;
  let total = 0;

  return {
    add(chunk) {
      total += chunk.length;
      let rest = chunk;
      if (headBytes < headLimit) {
        const part = rest.subarray(0, headLimit - headBytes);
        head.push(Buffer.from(part));
        headBytes += part.length;
        rest = rest.subarray(part.length);
      }
      if (rest.length === 0 || tailLimit === 0) return;
      if (rest.length >= tailLimit) {
        tail = [Buffer.from(rest.subarray(-tailLimit))];
        tailBytes = tailLimit;
        return;
      }
      tail.push(Buffer.from(rest));
      tailBytes += rest.length;
      // Compacting at twice the limit keeps the cost of a byte constant however small the chunks are.
      if (tailBytes > 2 * tailLimit + 65_536) {
        const kept = Buffer.from(Buffer.concat(tail).subarray(-tailLimit));
        tail = [kept];
        tailBytes = kept.length;
      }
    },
    take() {
      const end = Buffer.concat(tail).subarray(-tailLimit || undefined);
      const start = Buffer.concat(head);
      const left = total - start.length - (tailLimit === 0 ? 0 : end.length);
      if (left <= 0) {
        return { text: decode(Buffer.concat([start, end])), bytes: total, truncated: false };
      }
      const text = `${decode(trimEnd(start))}\n[${left} bytes left out]\n${tailLimit === 0 ? "" : decode(trimStart(end))}`;
      return { text, bytes: total, truncated: true };
    },
  };
}

function decode(bytes: Buffer): string {
  return bytes.toString("utf8");
}

/** Without the first bytes of a UTF-8 character whose rest was cut off. */
function trimEnd(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.subarray(0, -back) : bytes;
  }
  return bytes;
}

/** Without the last bytes of a UTF-8 character whose beginning was cut off. */
function trimStart(bytes: Buffer): Buffer {
  let start = 0;
  while (start < Math.min(3, bytes.length) && ((bytes[start] as number) & 0xc0) === 0x80) start++;
  return bytes.subarray(start);
}
