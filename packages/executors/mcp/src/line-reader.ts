/** Splits a stream of bytes into lines, in memory bounded by the longest line that is allowed. */
export interface LineReader {
  /** Calls `onLine` for every line that the chunk completes, without its line break. */
  add(chunk: Buffer): void;
}

/**
 * @param maxBytes Longest line.
 * @param onOverflow Called once per line that is longer, as soon as that is known; the line is dropped.
 */
export function createLineReader(
  maxBytes: number,
  onLine: (line: string) => void,
  onOverflow: (beginning: string) => void,
): LineReader {
  // Parts are joined once per line: joining at every chunk would be quadratic in the length of a line.
  let parts: Buffer[] = [];
  let bytes = 0;
  let dropping = false;

  const hold = (part: Buffer): void => {
    if (dropping || part.length === 0) return;
    bytes += part.length;
    if (bytes > maxBytes) {
      const beginning = (parts[0] ?? part).toString("utf8", 0, 200);
      parts = [];
      dropping = true;
      onOverflow(beginning);
    } else {
      parts.push(part);
    }
  };

  return {
    add(chunk) {
      let start = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
        hold(chunk.subarray(start, end));
        start = end + 1;
        const line = dropping ? undefined : toLine(parts);
        parts = [];
        bytes = 0;
        dropping = false;
        if (line !== undefined && line !== "") onLine(line);
      }
      hold(chunk.subarray(start));
    },
  };
}

function toLine(parts: readonly Buffer[]): string {
  const first = parts[0];
  const text =
    parts.length === 1 && first !== undefined
      ? first.toString("utf8")
      : Buffer.concat(parts).toString("utf8");
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}
