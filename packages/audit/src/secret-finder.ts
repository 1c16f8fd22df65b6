/**
 * Whether any of `forms`, escaped for JSON, is in a text, in one pass over it however many forms there are.
 *
 * Every occurrence of a form covers one of the places that are looked at, which lie as far apart as the shortest form
 * allows; so four characters there have to be among those at the beginning of some form.
 */
export function createSecretFinder(forms: readonly string[]): (json: string) => boolean {
  if (forms.length === 0) return () => false;
  const escaped = forms.map((form) => JSON.stringify(form).slice(1, -1));
  const shortest = Math.min(...escaped.map((form) => form.length));
  // Half a surrogate pair is escaped by what stands beside it.
  if (shortest < GRAM || !forms.every((form) => form.isWellFormed())) return () => true;
  const stride = Math.min(MOST_STRIDE, shortest - GRAM + 1);
  const grams = new Map<number, { readonly form: string; readonly offset: number }[]>();
  const seen = new Uint8Array(SEEN_SIZE);
  for (const form of escaped) {
    for (let offset = 0; offset < stride; offset += 1) {
      const gram = gramAt(form, offset);
      seen[gram & (SEEN_SIZE - 1)] = 1;
      const there = grams.get(gram);
      if (there === undefined) grams.set(gram, [{ form, offset }]);
      else there.push({ form, offset });
    }
  }
  return (json) => {
    for (let at = 0; at + GRAM <= json.length; at += stride) {
      const gram = gramAt(json, at);
      if (seen[gram & (SEEN_SIZE - 1)] === 0) continue;
      for (const { form, offset } of grams.get(gram) ?? []) {
        if (at >= offset && json.startsWith(form, at - offset)) return true;
      }
    }
    return false;
  };
}

const GRAM = 4;
const MOST_STRIDE = 16;
/** A power of two. */
const SEEN_SIZE = 65_536;

function gramAt(text: string, at: number): number {
  const pair = Math.imul(text.charCodeAt(at), 31) + text.charCodeAt(at + 1);
  return (Math.imul(pair, 961) + Math.imul(text.charCodeAt(at + 2), 31) + text.charCodeAt(at + 3)) | 0;
}
