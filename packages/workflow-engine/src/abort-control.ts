/**
 * Stops one effect. Its executor sees the signal, made when it asks for it; this process hears of it without, since a
 * listener on a signal costs more than many an effect.
 */
export interface AbortControl {
  readonly signal: AbortSignal;
  readonly isAborted: boolean;
  /** The first reason is the one that counts. */
  abort(reason: unknown): void;
  /** Calls `listener` at the abort, or at once where that was before. */
  whenAborted(listener: () => void): void;
}

export function createAbortControl(): AbortControl {
  return new EffectAbort();
}

class EffectAbort implements AbortControl {
  readonly #controller = new AbortController();
  #isAborted = false;
  #listener: (() => void) | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isAborted(): boolean {
    return this.#isAborted;
  }

  abort(reason: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#controller.abort(reason);
    this.#listener?.();
  }

  whenAborted(listener: () => void): void {
    if (this.#isAborted) listener();
    else this.#listener = listener;
  }
}
