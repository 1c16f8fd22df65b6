/**
 * Arrays as the server keeps them: as text, each quote of a row's JSON would be escaped here and read again there.
 * The form is that of `array_send` in PostgreSQL's `arrayfuncs.c`: the number of dimensions, whether there are nulls,
 * the type of the elements; for the one dimension its length and its first index; then each element behind its length.
 */
export function toTextArray(texts: readonly (string | null)[]): Buffer {
  let size = 0;
  const lengths = texts.map((text) => {
    const length = text === null ? NULL : Buffer.byteLength(text);
    size += LENGTH + Math.max(0, length);
    return length;
  });
  const array = begin(TEXT, texts, size);
  let at = HEADER;
  for (const [index, text] of texts.entries()) {
    at = array.writeInt32BE(lengths[index]!, at);
    if (text !== null) at += array.write(text, at);
  }
  return array;
}

/** @param numbers integers that a double holds exactly. */
export function toBigintArray(numbers: readonly (number | null)[]): Buffer {
  const size = numbers.reduce<number>((sum, number) => sum + LENGTH + (number === null ? 0 : 8), 0);
  const array = begin(BIGINT, numbers, size);
  let at = HEADER;
  for (const number of numbers) {
    at = array.writeInt32BE(number === null ? NULL : 8, at);
    if (number === null) continue;
    const high = Math.floor(number / WORD);
    at = array.writeInt32BE(high, at);
    at = array.writeUInt32BE(number - high * WORD, at);
  }
  return array;
}

const TEXT = 25;
const BIGINT = 20;
const HEADER = 20;
const LENGTH = 4;
const NULL = -1;
const WORD = 2 ** 32;
const EMPTY = 12;

function begin(type: number, elements: readonly unknown[], size: number): Buffer {
  // An array without elements has no dimension.
  if (elements.length === 0) return empty(type);
  const array = Buffer.allocUnsafe(HEADER + size);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(elements.includes(null) ? 1 : 0, 4);
  array.writeInt32BE(type, 8);
  array.writeInt32BE(elements.length, 12);
  array.writeInt32BE(1, 16);
  return array;
}

function empty(type: number): Buffer {
  const array = Buffer.alloc(EMPTY);
  array.writeInt32BE(type, 8);
  return array;
}
