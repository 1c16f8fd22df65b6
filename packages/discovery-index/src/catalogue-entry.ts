/** What kind of thing a catalogue entry is; the `kind` filter of a search compares it. */
export type EntryKind = "capability" | "workflow" | "connection";

/**
 * One thing that can be found. Everything but `id` and `kind` is optional, and all text is treated as
 * untrusted: it is bounded, never executed and never interpreted.
 */
export interface CatalogueEntry {
  /** Unique in the index; what a caller sends back to use the entry. */
  readonly id: string;
  readonly kind: EntryKind;
  /** The tool's own name at its server (`create_issue`); the id when left out. */
  readonly name?: string | undefined;
  /** Key of the server or connection the entry comes from; entries of one key support each other. */
  readonly server?: string | undefined;
  readonly serverTitle?: string | undefined;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly aliases?: readonly string[] | undefined;
  readonly examples?: readonly string[] | undefined;
  /** JSON Schema of the input; parameter names are indexed, parameter descriptions are not. */
  readonly inputSchema?: unknown;
  /** State names (and titles) of a workflow. */
  readonly states?: readonly string[] | undefined;
  /** Goals of a workflow's states. */
  readonly goals?: readonly string[] | undefined;
  /** Guidance texts of a workflow's states. */
  readonly guidance?: readonly string[] | undefined;
}
