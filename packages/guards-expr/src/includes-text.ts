/** Below this length the engine's own search is quick for every text: it compares at most this often per unit. */
const SHORT = 32;

/**
 * Whether `part` occurs in `text`, in time linear in both. The engine's search takes time proportional to their product
 * for repetitive texts (half a megabyte of one letter kept it busy for 14 s), so longer parts are searched by the
 * algorithm of Knuth, Morris and Pratt.
 */
export function includesText(text: string, part: string): boolean {
  if (part.length <= SHORT) return text.includes(part);
  if (part.length > text.length) return false;
  const borders = bordersOf(part);
  let matched = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    while (matched > 0 && part.charCodeAt(matched) !== unit) matched = borders[matched - 1] as number;
    if (part.charCodeAt(matched) === unit) matched++;
    if (matched === part.length) return true;
  }
  return false;
}

/** For each prefix of `part` the length of the longest proper prefix that is also its suffix. */
function bordersOf(part: string): Int32Array {
  const borders = new Int32Array(part.length);
  let length = 0;
  for (let index = 1; index < part.length; index++) {
    const unit = part.charCodeAt(index);
    while (length > 0 && part.charCodeAt(length) !== unit) length = borders[length - 1] as number;
    if (part.charCodeAt(length) === unit) length++;
    borders[index] = length;
  }
  return borders;
}
