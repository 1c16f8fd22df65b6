import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { fdatasyncRate } from "../fdatasync.ts";
import type { StoreKind } from "./open-store.ts";
import type { Shown } from "./show.ts";
import type { Measured, Round } from "./side.ts";

/** A measured process. */
export interface Side {
  readonly name: string;
  measure(round: Round): Promise<Measured>;
  end(): Promise<void>;
}

export interface SideOptions {
  readonly kind: StoreKind;
  readonly place: string;
  /** Empty for what others are compared with. */
  readonly name: string;
  /** Another checkout, whose engine and stores it is. */
  readonly root?: string | undefined;
}

export async function startSide({ kind, place, name, root }: SideOptions): Promise<Side> {
  const hook = `${pathToFileURL(join(import.meta.dirname, "beside.ts")).href}?root=${encodeURIComponent(root ?? "")}`;
  const child: ChildProcess = fork(join(import.meta.dirname, "side.ts"), [kind, place], {
    execArgv: ["--conditions=@mcp-flowgate/source", ...(root === undefined ? [] : [`--import=${hook}`])],
    serialization: "advanced",
  });
  const ended = once(child, "exit");
  const heard = async (): Promise<unknown> => {
    const [first] = await Promise.race([
      once(child, "message"),
      ended.then(([code]) => Promise.reject(new Error(`a measured process ended with ${String(code)}`))),
    ]);
    return first;
  };
  await heard();
  return {
    name,
    async measure(round) {
      child.send(round);
      return (await heard()) as Measured;
    },
    async end() {
      child.send("end");
      await ended;
    },
  };
}

/** What each side did, over all rounds; the sides take turns. */
export async function measureRound(
  sides: readonly Side[],
  round: Round,
  { kind, folder, rounds }: { readonly kind: StoreKind; readonly folder: string; readonly rounds: number },
): Promise<readonly Shown[]> {
  const shown = sides.map(({ name }) => ({
    kind,
    name,
    round,
    flushes: [] as number[],
    parts: [] as Measured[],
  }));
  for (let turn = 0; turn < rounds; turn += 1) {
    for (const [index, side] of sides.entries()) {
      if (kind !== "memory") shown[index]!.flushes.push(fdatasyncRate(folder, round.ms / 4));
      shown[index]!.parts.push(await side.measure(round));
    }
  }
  return shown;
}
