/**
 * The suffix stripper of M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980, steps 1 to 5,
 * for lower-case words of ASCII letters. Any other word comes back as it is.
 */
export function stemWord(word: string): string {
  const irregular = IRREGULAR.get(word);
  if (irregular !== undefined) return irregular;
  if (word.length < 4 || !/^[a-z]+$/.test(word)) {
    // Three letters can still be a plural (`ids`), two cannot.
    return word.length === 3 && /^[a-z][a-z]s$/.test(word) && !/(?:[ius]s|as)$/.test(word)
      ? word.slice(0, 2)
      : word;
  }
  let stem = plurals(word);
  stem = pastAndProgressive(stem);
  if (stem.endsWith("y") && hasVowel(stem, stem.length - 1)) stem = `${stem.slice(0, -1)}i`;
  stem = replaceSuffix(stem, STEP_2, 0);
  stem = replaceSuffix(stem, STEP_3, 0);
  stem = dropSuffix(stem);
  return tidyEnd(stem);
}

/** Words of the trade that the rules would part from their family, or merge with another one. */
const IRREGULAR: ReadonlyMap<string, string> = new Map([
  ["analysis", "analyz"],
  ["analyses", "analyz"],
  ["analyse", "analyz"],
  ["analytic", "analyz"],
  ["analytics", "analyz"],
  ["analytical", "analyz"],
  ["apis", "api"],
  ["children", "child"],
  ["cpus", "cpu"],
  ["gpus", "gpu"],
  ["indices", "index"],
  ["indexes", "index"],
  ["men", "man"],
  ["women", "woman"],
  ["matrices", "matrix"],
  ["mice", "mouse"],
  ["news", "news"],
  ["pais", "pai"],
  ["people", "person"],
  ["statuses", "status"],
  ["urls", "url"],
  ["uris", "uri"],
  ["vertices", "vertex"],
  ["bought", "bui"],
  ["found", "find"],
  ["sent", "send"],
  ["sold", "sell"],
  ["spent", "spend"],
  ["written", "write"],
  ["wrote", "write"],
  ["ran", "run"],
  ["running", "run"],
  ["knew", "know"],
  ["known", "know"],
  ["taken", "take"],
  ["took", "take"],
  ["chosen", "choos"],
  ["chose", "choos"],
  ["built", "build"],
  ["drawn", "draw"],
  ["drew", "draw"],
  ["kept", "keep"],
  ["left", "left"],
]);

const STEP_2: readonly (readonly [string, string])[] = [
  ["ational", "ate"],
  ["ization", "ize"],
  ["iveness", "ive"],
  ["fulness", "ful"],
  ["ousness", "ous"],
  ["tional", "tion"],
  ["biliti", "ble"],
  ["entli", "ent"],
  ["ousli", "ous"],
  ["ation", "ate"],
  ["alism", "al"],
  ["aliti", "al"],
  ["iviti", "ive"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["izer", "ize"],
  ["alli", "al"],
  ["ator", "ate"],
  ["logi", "log"],
  ["bli", "ble"],
  ["eli", "e"],
];
const STEP_3: readonly (readonly [string, string])[] = [
  ["icate", "ic"],
  ["ative", ""],
  ["alize", "al"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ness", ""],
  ["ful", ""],
];
const STEP_4: readonly string[] = [
  "ement",
  "ance",
  "ence",
  "able",
  "ible",
  "ment",
  "ant",
  "ent",
  "ism",
  "ate",
  "iti",
  "ous",
  "ive",
  "ize",
  "ion",
  "al",
  "er",
  "ic",
  "ou",
];

function plurals(word: string): string {
  if (word.endsWith("sses") || word.endsWith("ies")) return word.slice(0, -2);
  if (word.endsWith("ss") || word.endsWith("us") || word.endsWith("is") || !word.endsWith("s")) return word;
  return word.slice(0, -1);
}

function pastAndProgressive(word: string): string {
  if (word.endsWith("eed")) return measure(word, word.length - 3) > 0 ? word.slice(0, -1) : word;
  const cut = word.endsWith("ing") ? 3 : word.endsWith("ed") ? 2 : 0;
  if (cut === 0 || !hasVowel(word, word.length - cut)) return word;
  const stem = word.slice(0, -cut);
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (/([^aeiou])\1$/.test(stem) && !/[lsz]$/.test(stem)) return stem.slice(0, -1);
  if (measure(stem, stem.length) === 1 && endsShort(stem)) return `${stem}e`;
  return stem;
}

function replaceSuffix(word: string, rules: readonly (readonly [string, string])[], least: number): string {
  for (const [suffix, replacement] of rules) {
    if (!word.endsWith(suffix)) continue;
    const length = word.length - suffix.length;
    return measure(word, length) > least ? word.slice(0, length) + replacement : word;
  }
  return word;
}

function dropSuffix(word: string): string {
  for (const suffix of STEP_4) {
    if (!word.endsWith(suffix)) continue;
    const length = word.length - suffix.length;
    if (measure(word, length) <= 1) return word;
    if (suffix === "ion" && !/[st]$/.test(word.slice(0, length))) return word;
    return word.slice(0, length);
  }
  return word;
}

function tidyEnd(word: string): string {
  let stem = word;
  if (stem.endsWith("e")) {
    const length = stem.length - 1;
    const m = measure(stem, length);
    if (m > 1 || (m === 1 && !endsShort(stem.slice(0, length)))) stem = stem.slice(0, length);
  }
  return stem.endsWith("ll") && measure(stem, stem.length) > 1 ? stem.slice(0, -1) : stem;
}

function isConsonant(word: string, at: number): boolean {
  const letter = word.charCodeAt(at);
  if (letter === 97 || letter === 101 || letter === 105 || letter === 111 || letter === 117) return false;
  return letter !== 121 || at === 0 || !isConsonant(word, at - 1);
}

/** Porter's m: how many vowel-consonant sequences the first `length` letters hold. */
function measure(word: string, length: number): number {
  let count = 0;
  let afterVowel = false;
  for (let at = 0; at < length; at++) {
    const consonant = isConsonant(word, at);
    if (consonant && afterVowel) count++;
    afterVowel = !consonant;
  }
  return count;
}

function hasVowel(word: string, length: number): boolean {
  for (let at = 0; at < length; at++) if (!isConsonant(word, at)) return true;
  return false;
}

/** Porter's *o: consonant, vowel, consonant, where the last is not w, x or y. */
function endsShort(word: string): boolean {
  const last = word.length - 1;
  return (
    last >= 2 &&
    isConsonant(word, last) &&
    !isConsonant(word, last - 1) &&
    isConsonant(word, last - 2) &&
    !/[wxy]$/.test(word)
  );
}
