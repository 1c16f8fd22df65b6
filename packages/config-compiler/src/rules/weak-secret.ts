/** A shared secret shorter than this can be tried out. */
const LEAST_LENGTH = 16;

/** What manuals, templates and tired people write. */
const WORDS =
  /change[-_ ]?(?:me|it)|replace[-_ ]?(?:me|this)|your[-_ ]|example|password|passwort|s3cr3t|topsecret|insecure|default|placeholder|lorem|qwerty|letmein|admin123|12345678|abcdefgh|deadbeef/i;

/** Why a shared secret can be guessed, in words, or undefined. */
export function weaknessOf(secret: string): string | undefined {
  if (secret.length < LEAST_LENGTH) return `it has fewer than ${LEAST_LENGTH} characters`;
  if (new Set(secret).size < 8) return "it has too few different characters";
  const word = WORDS.exec(secret)?.[0];
  return word === undefined ? undefined : `it contains "${word}"`;
}
