/**
 * Whether an event type is wanted by any of `globs`: `*` stands for any run of characters, dots included. No globs
 * want everything. Types of the trail itself (`audit.*`) are always wanted: without them nothing verifies.
 */
export function createEventFilter(globs: readonly string[]): (eventType: string) => boolean {
  if (globs.length === 0) return () => true;
  const patterns = globs.map(toPattern);
  const known = new Map<string, boolean>();
  return (eventType) => {
    let wanted = known.get(eventType);
    if (wanted === undefined) {
      wanted = eventType.startsWith("audit.") || patterns.some((pattern) => pattern.test(eventType));
      known.set(eventType, wanted);
    }
    return wanted;
  };
}

function toPattern(glob: string): RegExp {
  const parts = glob.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}
