/** A token bucket over real time. */
export interface RateBudget {
  /** Takes one, and says whether there was one. */
  spend(): boolean;
}

export function createRateBudget(perSecond: number, burst: number): RateBudget {
  let left = burst;
  let at = performance.now();
  return {
    spend() {
      const now = performance.now();
      left = Math.min(burst, left + ((now - at) / 1000) * perSecond);
      at = now;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
