/**
 * Characters that a reader does not see: controls (but line ends and tabs), formats such as zero-width and
 * bidirectional ones, and everything else that Unicode lets a renderer ignore (tags, fillers, variation selectors).
 */
const HIDDEN = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu;

/** Joiners and selectors within an emoji are part of its picture. Made where needed: it takes 20 ms, and most texts have none. */
let emoji: RegExp | undefined;

/** Letters that look like a Latin one, from the scripts that are used for it. */
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  [
    ["аеорсухіјѕһԁԛԝьАВЕЗКМНОРСТУХІЈЅԌ", "aeopcyxijshdqwbABE3KMHOPCTYXIJSG"],
    ["ανορτυχικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "avoptuxikABEZHIKMNOPTYX"],
    ["օսոցհոԼՕՍ", "ounghnLOU"],
    ["ᎪᏴᏟᎬᎻᎫᏦᏞᎷᏢᏒᏚᎢᏙᏔᏃ", "ABCEHJKLMPRSTVWZ"],
  ].flatMap(([from = "", to = ""]) => [...from].map((letter, at) => [letter, to[at] ?? letter] as const)),
);

const WORD = /[\p{L}\p{N}]+/gu;

/** Something about a text that a reader cannot see, in words. */
export interface TextTrick {
  readonly kind: "hidden" | "lookalike";
  /** One line; what is meant is written out as `\u{…}`. */
  readonly text: string;
}

/** What in a text is made to be overlooked: hidden characters, and words that mix Latin letters with others like them. */
export function findTricks(text: string): readonly TextTrick[] {
  // oxlint-disable-next-line no-control-regex -- plain text needs no closer look
  if (/^[\u0009\u000A\u000D\u0020-\u007E]*$/.test(text)) return [];
  const tricks: TextTrick[] = [];
  const hidden = new Set(text.replace((emoji ??= /\p{RGI_Emoji}/gv), "").match(HIDDEN) ?? []);
  if (hidden.size > 0) {
    const shown = [...hidden].slice(0, 8).map(escaped).join(" ");
    tricks.push({ kind: "hidden", text: `hidden characters: ${shown}` });
  }
  for (const [word] of text.matchAll(WORD)) {
    if (!mixesLookalikes(word)) continue;
    tricks.push({ kind: "lookalike", text: `"${showTricks(word)}" looks like "${toLookalike(word)}"` });
    if (tricks.length >= 8) break;
  }
  return tricks;
}

/** The text with everything that cannot be seen, or is not what it seems, written out as `\u{…}`. */
export function showTricks(text: string): string {
  return text
    .replace(HIDDEN, escaped)
    .replace(WORD, (word) =>
      mixesLookalikes(word)
        ? [...word].map((one) => (LOOKALIKES.has(one) ? escaped(one) : one)).join("")
        : word,
    );
}

/** What a reader takes a name for: hidden characters gone, other forms and scripts' letters as the Latin ones they look like. */
export function toLookalike(text: string): string {
  const visible = text.replace(HIDDEN, "").normalize("NFKC");
  return [...visible].map((letter) => LOOKALIKES.get(letter) ?? letter).join("");
}

function mixesLookalikes(word: string): boolean {
  return /\p{Script=Latin}/u.test(word) && [...word].some((letter) => LOOKALIKES.has(letter));
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
