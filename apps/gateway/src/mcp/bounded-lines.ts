import { Transform } from "node:stream";

const LINE_FEED = 0x0a;
/** Enough of a dropped line to find its request id. */
const HEAD_BYTES = 400;

/**
 * Passes whole lines on and drops those longer than `maxBytes`, holding no more than that of any line. The SDK's
 * transport ends the connection at a line that is too long; a gateway goes on with the next.
 *
 * @param onTooLong gets the beginning of each dropped line.
 * @param passes whether a whole line goes on; who says no has dealt with it.
 */
export function createBoundedLines(
  maxBytes: number,
  onTooLong: (head: string) => void,
  passes: (line: Buffer) => boolean,
): Transform {
  let held: Buffer[] = [];
  let size = 0;
  let head: string | undefined;
  const take = (part: Buffer): void => {
    if (head !== undefined) return;
    held.push(part);
    size += part.length;
    if (size <= maxBytes) return;
    head = Buffer.concat(held).subarray(0, HEAD_BYTES).toString("utf8");
    held = [];
  };
  const end = (): Buffer | undefined => {
    const line = head === undefined && size > 0 ? Buffer.concat(held) : undefined;
    if (head !== undefined) onTooLong(head);
    held = [];
    size = 0;
    head = undefined;
    return line;
  };
  return new Transform({
    transform(chunk: Buffer, _, done) {
      let from = 0;
      for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
        take(chunk.subarray(from, at + 1));
        const line = end();
        if (line !== undefined && passes(line)) this.push(line);
        from = at + 1;
      }
      if (from < chunk.length) take(chunk.subarray(from));
      done();
    },
    flush(done) {
      const line = end();
      done(null, line !== undefined && passes(line) ? line : undefined);
    },
  });
}
