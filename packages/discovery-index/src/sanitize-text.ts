/** Longest text, in UTF-16 units, that {@link sanitizeText} lets through by default. */
const DEFAULT_MAX = 20_000;

/**
 * Characters that have no business in a catalogue text: C0 and C1 controls (but tab and newline), soft hyphen,
 * bidirectional marks, embeddings, overrides and isolates, zero-width characters and invisible operators,
 * interlinear annotations, variation selector supplements and the tag block (used to smuggle hidden text).
 */
const INVISIBLE = new RegExp(
  [
    "[\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F-\\u009F\\u00AD\\u061C\\u115F\\u1160]",
    "[\\u200B-\\u200F\\u202A-\\u202E\\u2060-\\u206F\\u3164\\uFEFF\\uFFA0\\uFFF9-\\uFFFB]",
    "\\u034F|\\u17B4|\\u17B5|[\\u180B-\\u180F]|[\\u{E0000}-\\u{E0FFF}]",
  ].join("|"),
  "gu",
);

const HAS_UNUSUAL =
  // oxlint-disable-next-line no-control-regex -- as above
  /[^\u0009\u000A\u0020-\u007E]/;

/**
 * Makes untrusted catalogue text fit to be shown: removes control, bidirectional and zero-width characters,
 * turns every kind of line break into `\n`, replaces lone surrogates and cuts at `max` UTF-16 units (never
 * inside a character). The visible words stay as they are: escaping is the business of whoever renders them.
 *
 * @example
 * sanitizeText("pay\u202Eecilop\u200B now"); // "payecilop now"
 */
export function sanitizeText(text: string, max: number = DEFAULT_MAX): string {
  const bounded = cutText(text, max);
  if (!HAS_UNUSUAL.test(bounded)) return bounded;
  return bounded
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n")
    .replace(INVISIBLE, "")
    .replace(/\p{Surrogate}/gu, "\uFFFD");
}

/** Cuts at `max` UTF-16 units without splitting a surrogate pair. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max);
}
