/** Control and bidirectional characters could rewrite what a terminal or a log viewer shows. */
const UNSAFE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** `text` with characters that could deceive a reader written as `\u{…}`. Line ends and tabs stay. */
export function plainText(text: string): string {
  return text.replaceAll(UNSAFE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** On one line. */
export function oneLine(text: string): string {
  return plainText(text.replaceAll(/\r?\n|\t/g, " "));
}
