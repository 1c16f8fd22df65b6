/** What a sink wants: its globs, and always the types of the trail itself (`audit.*`), which `verify` needs. */
export function createEventFilter(globs: readonly string[]): (eventType: string) => boolean {
  const wants = createTypeMatcher(globs);
  return (eventType) => eventType.startsWith("audit.") || wants(eventType);
}

/** Whether any of `globs` matches an event type: `*` stands for any run of characters, dots included. None match all. */
export function createTypeMatcher(globs: readonly string[]): (eventType: string) => boolean {
  if (globs.length === 0) return () => true;
  const patterns = globs.map(toPattern);
  const known = new Map<string, boolean>();
  return (eventType) => {
    let wanted = known.get(eventType);
    if (wanted === undefined) {
      wanted = patterns.some((pattern) => pattern.test(eventType));
      known.set(eventType, wanted);
    }
    return wanted;
  };
}

function toPattern(glob: string): RegExp {
  const parts = glob.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}
