import { parseJson } from "@mcp-flowgate/core";
import { appendFile } from "node:fs/promises";
import { findTrailFiles } from "../file/discover.ts";
import { checkpointPayload, openedPayload, rotatedPayload, toExportedHead } from "../file/lead-record.ts";
import type { Checkpoint, SeenHead, Sight, TornLine } from "../file/lead-record.ts";
import { createHeadScanner } from "../file/head-scanner.ts";
import type { HeadScanner } from "../file/head-scanner.ts";
import { rotateTrailFile } from "../file/rotate.ts";
import { checkTrailFile, openTrailFile, readTornLines, sizeOfOpen } from "../file/trail-file.ts";
import type { TrailFile } from "../file/trail-file.ts";
import { createGroupCommit } from "../group-commit.ts";
import type { GroupCommit } from "../group-commit.ts";
import { emptyHead, linkEvent } from "../hash-chain.ts";
import type { Head } from "../hash-chain.ts";
import { createLineBlock } from "../line-block.ts";
import type { BlockLine, LineBlock } from "../line-block.ts";
import { createMerkleTree } from "../merkle.ts";
import type { MerkleTree } from "../merkle.ts";
import { readLinesBackward } from "../read-lines.ts";
import { locateRecord } from "../record-bytes.ts";
import type { EventText } from "../record.ts";
import type { SigningKey } from "../signing-key.ts";
import type { Sink, SinkContext } from "./sink.ts";

/**
 * Appends JSON lines to a file that other gateways append to as well.
 *
 * Owns: one stream of the trail, the process's handle on the current file, and the timer of its checkpoints.
 * Protocol: `write` joins the next group commit; a group is one `write(2)` of whole lines with `O_APPEND`, which
 * local file systems do not mix with those of others, and one `fdatasync`.
 *
 * T1 A stream has one writer: this object. So streams need no lock, and each is dense whatever the order in the file.
 * T2 The head moves over exactly the lines that are in the file, also where a write stopped in the middle.
 * T3 `write` resolves only after the sync. Where a sync fails, nobody knows what is on disk: the stream ends at
 *    its last durable record, and a new one begins that says so.
 * T4 A file is never cut or rewritten, not even to repair it: a torn line stays, ended, and the next record says what it is.
 * T5 What stands at the path is checked before every write: whoever moved the file (another gateway, logrotate) is
 *    followed, and the stream says in its first record there where it comes from.
 */
export interface FileSinkOptions {
  readonly path: string;
  readonly rotate: { readonly maxBytes: number; readonly maxAgeMs: number; readonly keep: number };
  /** `always` before anybody is told that it is recorded; `never` leaves it to the operating system. */
  readonly fsync: "always" | "never";
  /** How long after a record its stream is sealed at the latest. */
  readonly checkpointMs: number;
  /** Where signed heads are exported to, if anywhere. */
  readonly headsPath?: string;
  readonly key: SigningKey;
  /** How this process is called in the trail. */
  readonly process: string;
}

/** @throws where the path can never be written to: a folder, a device, another kind of file, no permission. */
export async function createFileSink(context: SinkContext, options: FileSinkOptions): Promise<Sink> {
  const sink = new FileSink(context, options);
  await sink.prepare();
  return sink;
}

/** Codes that no waiting cures. */
const HOPELESS: ReadonlySet<string> = new Set([
  "EEXIST",
  "EISDIR",
  "ENOTDIR",
  "EACCES",
  "EPERM",
  "EROFS",
  "ELOOP",
  "ENAMETOOLONG",
]);
const ROTATION_RETRY_MS = 60_000;
const NONE_TORN: readonly TornLine[] = [];

interface OpenFile {
  readonly file: TrailFile;
  readonly size: number;
}

class FileSink implements Sink {
  readonly kind = "file";
  readonly target: string;
  readonly #context: SinkContext;
  readonly #options: FileSinkOptions;
  readonly #group: GroupCommit<EventText>;
  readonly #scanner: HeadScanner;
  readonly #block: LineBlock = createLineBlock();
  readonly #streams = new Set<string>();
  #head: Head;
  #durable: Head;
  #tree: MerkleTree = createMerkleTree();
  #treeFrom = 1;
  #file: TrailFile | undefined;
  /** Where the last record of the stream is, or that it has none yet. */
  #lastFile: number | undefined;
  /** Heads of streams of its own that it gave up. */
  #abandoned: readonly SeenHead[] = [];
  /** The last durable record of each of them. */
  readonly #givenUp = new Map<string, number>();
  #nextRotation = Number.NEGATIVE_INFINITY;
  #cancelCheckpoint: (() => void) | undefined;

  constructor(context: SinkContext, options: FileSinkOptions) {
    this.#context = context;
    this.#options = options;
    this.target = options.path;
    this.#group = createGroupCommit((texts) => this.#commit(texts));
    this.#scanner = createHeadScanner((stream) => this.#streams.has(stream));
    this.#head = emptyHead(context.stream);
    this.#durable = this.#head;
    this.#streams.add(context.stream);
  }

  async prepare(): Promise<void> {
    try {
      this.#file = await openTrailFile(this.#options.path, 1);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === undefined || HOPELESS.has(code)) throw error;
      this.#context.log.error("audit file cannot be opened yet", { path: this.target, error: String(error) });
    }
  }

  async write(texts: readonly EventText[]): Promise<void> {
    await this.#group.add(texts);
    if (this.#cancelCheckpoint === undefined && this.#tree.count() > 0) this.#scheduleCheckpoint();
  }

  head(): Head {
    return this.#durable;
  }

  /** Records behind the durable end of a stream that was given up are in the file, but maybe not on the disk (T3). */
  async recent(count: number): Promise<ReadonlySet<string>> {
    const ids = new Set<string>();
    let left = count;
    for (const file of (await findTrailFiles(this.#options.path)).toReversed()) {
      await readLinesBackward(
        file.path,
        ({ buffer, start, end }) => {
          const record = locateRecord(buffer, start, end);
          const durable = record === undefined ? undefined : this.#givenUp.get(record.stream);
          if (record !== undefined && record.seq <= (durable ?? record.seq)) {
            ids.add(parseJson(`"${idOf(buffer, record.start)}"`) as string);
          }
          left -= 1;
          return left > 0;
        },
        file.size,
      );
      if (left <= 0) break;
    }
    return ids;
  }

  /** Lets go of the file, so that the next write opens what stands at the path. */
  reopen(): Promise<void> {
    return this.#group.alone(async () => {
      if (this.#file !== undefined) await this.#follow(this.#file);
    });
  }

  async close(): Promise<void> {
    this.#cancelCheckpoint?.();
    try {
      await this.#group.alone(() => this.#seal());
    } finally {
      await this.#file?.handle.close();
      this.#file = undefined;
    }
  }

  async #commit(texts: readonly EventText[]): Promise<void> {
    for (const last of [false, true]) {
      const { file, size } = await this.#settle();
      const torn = size === file.end ? NONE_TORN : await readTornLines(file, size);
      const isLed = this.#lastFile === file.number && torn.length === 0;
      const lead = isLed ? undefined : await this.#leadFor(file, size, torn);
      const all = lead === undefined ? texts : [lead, ...texts];
      if (await this.#append(file, size, torn, all, lead !== undefined)) return;
      if (last) throw new Error(`${this.target} is deleted again and again while it is written`);
    }
  }

  /** @returns false where the file was deleted under the write, which then has to be done again. */
  async #append(
    file: TrailFile,
    size: number,
    torn: readonly TornLine[],
    texts: readonly EventText[],
    hasLead: boolean,
  ): Promise<boolean> {
    this.#block.begin(this.#head);
    if (torn.length > 0) this.#block.addRaw("\n");
    for (const text of texts) this.#block.add(text);
    const bytes = this.#block.bytes();
    file.end = -1;
    const { bytesWritten } = await file.handle.write(bytes, 0, bytes.length, null);
    const lines = this.#block.linesWithin(bytesWritten);
    if (bytesWritten < bytes.length) {
      this.#advance(file, lines, hasLead);
      throw new Error(
        `${bytesWritten} of ${bytes.length} bytes could be written to ${this.target}: is the disk full?`,
      );
    }
    if (this.#options.fsync === "always") await this.#sync(file);
    const now = sizeOfOpen(file);
    if (now === undefined) {
      await this.#follow(file);
      return false;
    }
    file.end = size + bytes.length;
    // Where others wrote meanwhile, nobody knows which bytes are whose.
    if (now === file.end) this.#scanner.skip(size, now);
    file.beganAt ??= this.#context.clock.now();
    this.#advance(file, lines, hasLead);
    this.#durable = this.#head;
    if (lines.some(({ eventType }) => eventType === "audit.checkpoint")) await this.#exportHead(file);
    return true;
  }

  async #sync(file: TrailFile): Promise<void> {
    try {
      await file.handle.datasync();
    } catch (error) {
      this.#abandon();
      throw error;
    }
  }

  #advance(file: TrailFile, lines: readonly BlockLine[], hasLead: boolean): void {
    const last = lines.at(-1);
    if (last === undefined) return;
    if (hasLead) {
      this.#scanner.named();
      this.#abandoned = [];
    }
    for (const line of lines) {
      if (line.eventType === "audit.checkpoint") this.#startTree(line.seq);
      this.#tree.add(line.hash);
    }
    this.#head = { stream: this.#head.stream, seq: last.seq, hash: last.hash };
    this.#lastFile = file.number;
  }

  #startTree(from: number): void {
    this.#tree = createMerkleTree();
    this.#treeFrom = from;
  }

  #abandon(): void {
    this.#givenUp.set(this.#head.stream, this.#durable.seq);
    if (this.#durable.seq > 0) {
      this.#abandoned = [...this.#abandoned, { ...this.#durable, file: this.#lastFile ?? 1 }];
    }
    const stream = `${this.#context.stream}.${this.#streams.size + 1}`;
    this.#streams.add(stream);
    this.#head = emptyHead(stream);
    this.#durable = this.#head;
    this.#lastFile = undefined;
    this.#startTree(1);
  }

  /** The file to write to, and its size: rotated where that is due. */
  async #settle(): Promise<OpenFile> {
    const current = await this.#current();
    if (!this.#isRotationDue(current)) return current;
    await this.#rotate(current.file);
    return this.#current();
  }

  /** The file at the path: opened where it is not, followed where it moved. */
  async #current(): Promise<OpenFile> {
    if (this.#file !== undefined) {
      const state = checkTrailFile(this.#file);
      if (state.status === "current") return { file: this.#file, size: state.size };
      await this.#follow(this.#file);
    }
    this.#file = await openTrailFile(this.#options.path, (this.#lastFile ?? 0) + 1);
    return { file: this.#file, size: currentSize(this.#file) };
  }

  /** Leaves a file, but not without having seen what others wrote to it. */
  async #follow(file: TrailFile): Promise<void> {
    this.#file = undefined;
    try {
      await this.#scanner.scan(file.handle, file.number, (await file.handle.stat()).size);
    } finally {
      this.#scanner.restart(0);
      await file.handle.close();
    }
  }

  #isRotationDue({ file, size }: OpenFile): boolean {
    const { maxBytes, maxAgeMs } = this.#options.rotate;
    if (this.#lastFile !== file.number || this.#context.clock.monotonic() < this.#nextRotation) return false;
    const age = file.beganAt === undefined ? 0 : this.#context.clock.now() - file.beganAt;
    return (maxBytes > 0 && size >= maxBytes) || (maxAgeMs > 0 && age >= maxAgeMs);
  }

  async #rotate(file: TrailFile): Promise<void> {
    try {
      await this.#seal();
      let first: (BlockLine & { readonly line: string }) | undefined;
      const sight = await this.#look(file, currentSize(file));
      const plan = await rotateTrailFile(file, this.#options.rotate.keep, ({ next, oldest }) => {
        const payload = rotatedPayload({ file: next, previousFile: file.number, oldest }, sight);
        first = linkEvent(this.#head, this.#context.makeText("audit.rotated", payload), this.#context.digest);
        return Promise.resolve(first.line);
      });
      if (plan === undefined || first === undefined) return;
      await this.#follow(file);
      this.#file = await openTrailFile(this.#options.path, plan.next);
      this.#advance(this.#file, [first], true);
      this.#durable = this.#head;
    } catch (error) {
      // A trail that grows beyond its bound is better than one that stops.
      this.#nextRotation = this.#context.clock.monotonic() + ROTATION_RETRY_MS;
      this.#context.log.warn("audit file cannot be rotated", { path: this.target, error: String(error) });
    }
  }

  /** The record that has to stand before all others in this write, if any. */
  async #leadFor(file: TrailFile, size: number, torn: readonly TornLine[]): Promise<EventText | undefined> {
    const { key, process } = this.#options;
    if (this.#lastFile === undefined) {
      const sight = await this.#look(file, size, torn);
      return this.#context.makeText("audit.opened", openedPayload(file.number, process, key, sight));
    }
    if (this.#lastFile !== file.number) return this.#continued(file, await this.#look(file, size, torn));
    if (torn.length === 0) return undefined;
    return this.#checkpointText(this.#checkpoint(), await this.#look(file, size, torn));
  }

  #continued(file: TrailFile, sight: Sight): EventText {
    const place = { file: file.number, previousFile: this.#lastFile ?? file.number };
    return this.#context.makeText("audit.rotated", rotatedPayload(place, sight));
  }

  #checkpoint(): Checkpoint {
    return { from: this.#treeFrom, to: this.#head.seq, head: this.#head.hash, root: this.#tree.root() };
  }

  #checkpointText(checkpoint: Checkpoint, sight: Sight): EventText {
    const payload = checkpointPayload(this.#head.stream, checkpoint, this.#options.key, sight);
    return this.#context.makeText("audit.checkpoint", payload);
  }

  async #look(file: TrailFile, size: number, torn: readonly TornLine[] = []): Promise<Sight> {
    await this.#scanner.scan(file.handle, file.number, size);
    const heads = [...this.#scanner.heads(), ...this.#abandoned];
    return { file: file.number, bytes: size, heads, ...(torn.length === 0 ? {} : { torn }) };
  }

  /** Writes a checkpoint where something is not covered by one, and exports it. */
  async #seal(): Promise<void> {
    if (this.#tree.count() === 0 || this.#isSealed()) return;
    const { file } = await this.#current();
    if (this.#lastFile !== file.number) await this.#writeAlone(file, (sight) => this.#continued(file, sight));
    const checkpoint = this.#checkpoint();
    await this.#writeAlone(file, (sight) => this.#checkpointText(checkpoint, sight));
  }

  async #writeAlone(file: TrailFile, makeText: (sight: Sight) => EventText): Promise<void> {
    const size = currentSize(file);
    const torn = await readTornLines(file, size);
    const text = makeText(await this.#look(file, size, torn));
    if (!(await this.#append(file, size, torn, [text], true))) {
      throw new Error(`${this.target} was deleted while it was written`);
    }
  }

  /** After a checkpoint only the checkpoint itself is in the tree. */
  #isSealed(): boolean {
    return this.#tree.count() === 1 && this.#treeFrom > 1;
  }

  async #exportHead(file: TrailFile): Promise<void> {
    const { headsPath, key } = this.#options;
    if (headsPath === undefined) return;
    const head = toExportedHead({ ...this.#head, file: file.number }, key, this.#context.clock.now());
    try {
      await appendFile(headsPath, `${JSON.stringify(head)}\n`, { mode: 0o600, flush: true });
    } catch (error) {
      this.#context.log.warn("audit heads cannot be exported", { path: headsPath, error: String(error) });
    }
  }

  #scheduleCheckpoint(): void {
    this.#cancelCheckpoint = this.#context.clock.schedule(this.#options.checkpointMs, () => {
      this.#cancelCheckpoint = undefined;
      this.#group
        .alone(() => this.#seal())
        .catch((error: unknown) =>
          this.#context.log.warn("audit checkpoint failed", { path: this.target, error: String(error) }),
        );
    });
  }
}

function currentSize(file: TrailFile): number {
  const state = checkTrailFile(file);
  return state.status === "current" ? state.size : 0;
}

/** `id` comes before the payload, so its first occurrence is the record's. */
function idOf(buffer: Buffer, start: number): string {
  const from = buffer.indexOf(ID_KEY, start) + ID_KEY.length;
  return buffer.toString("latin1", from, buffer.indexOf(0x22, from));
}

const ID_KEY = Buffer.from(',"id":"');
