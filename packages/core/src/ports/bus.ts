/**
 * What replicas tell each other at once, where they can. Every message is a hint: it says where to look, and whoever
 * gets it looks into the store, which has the truth. So a message that is lost, late, doubled or forged does no harm.
 */
export interface Bus {
  /** Never waits and never throws. */
  publish(message: BusMessage): void;
  /** Messages of the others; never one's own. Returns the way to stop. */
  listen(listener: (message: BusMessage) => void): () => void;
  status(): BusStatus;
  close(): Promise<void>;
}

export type BusMessage =
  /** This instance changed. */
  | { readonly topic: "changed"; readonly workflowId: string }
  /** Somebody asked for this instance to be cancelled. */
  | { readonly topic: "cancel"; readonly workflowId: string }
  /** Something was decided for all replicas: see {@link SharedState}. */
  | { readonly topic: "decided" }
  /** What this connection's server lists was seen to have changed. */
  | { readonly topic: "tools"; readonly connection: string };

export interface BusStatus {
  readonly kind: string;
  /** Whether messages are known to arrive. */
  readonly up: boolean;
  /** Why not, without addresses and secrets. */
  readonly problem?: string;
}

/** A channel that carries text to everybody who opened it, the sender included. It ends once and is not opened again. */
export interface BusLink {
  /** At most {@link BUS_TEXT_BYTES}. Rejects where it is known not to have gone out. */
  send(text: string): Promise<void>;
  close(): Promise<void>;
}

export interface BusLinkEvents {
  message(text: string): void;
  /** The channel has ended by itself. */
  lost(reason: string): void;
}

/** Opens a channel; rejects with a sentence without addresses and secrets. */
export type OpenBusLink = (events: BusLinkEvents) => Promise<BusLink>;

/** Of the transport that takes least: PostgreSQL refuses 8,000. */
export const BUS_TEXT_BYTES = 7_000;
